"""Whether what pages are made with was collected."""

from pathlib import Path

from django.core.management import call_command

from tutor.static_files import are_static_files_missing


def test_what_was_not_collected_is_missing_and_what_was_is_not(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "tutor.pages.storage.HashedModulesStorage"},
    }
    assert are_static_files_missing()

    call_command("collectstatic", "--no-input", verbosity=0)
    # A server that is started afterwards.
    settings.STATIC_ROOT = f"{tmp_path}/"

    assert not are_static_files_missing()


def test_on_a_laptop_nothing_is_collected_or_missing(settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }

    assert not are_static_files_missing()
