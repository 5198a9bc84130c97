"""Whether the files that pages are made with were collected."""

from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage

# Without it no lesson is held; it stands for all of our files, which come together or not at all.
ROOM = "tutor/js/room.js"


def are_static_files_missing() -> bool:
    """Whether pages cannot be made here for want of `collectstatic`: as long as this process lives, it sees no other.

    What it put there is read once, when a process begins. On a laptop nothing is collected, and nothing is missing.
    """
    try:
        return isinstance(staticfiles_storage, ManifestFilesMixin) and ROOM not in staticfiles_storage.hashed_files
    except (ValueError, OSError):  # a list of files that was cut off, or that we may not read
        return True
