"""How much a browser has to fetch before a lesson can begin."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.utils.functional import empty

from tutor.models import Attempt

# Kilobytes of 1000 bytes: the room without sound, as a browser that has nothing of it yet fetches it.
MOST = 150
ADDRESS = re.compile(r'(?:href|src)="/static/([^"]+\.(?:js|css|svg))"')


@pytest.fixture
def collected(settings, tmp_path: Path) -> Path:
    """Static files as production has them."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "tutor.pages.storage.HashedModulesStorage"},
    }
    staticfiles_storage._wrapped = empty
    call_command("collectstatic", "--no-input", verbosity=0)
    yield tmp_path
    staticfiles_storage._wrapped = empty


def test_a_room_is_light(learner_client, attempt: Attempt, collected: Path) -> None:
    response = learner_client.get(f"/attempts/{attempt.code}/", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    page = response.content

    names = set(ADDRESS.findall(gzip.decompress(page).decode()))
    files = {name: _sent(collected / name) for name in names}
    weight = (len(page) + sum(files.values())) / 1000

    print(f"the room weighs {weight:.0f} KB in {len(files) + 1} files, its page {len(page) / 1000:.0f} KB of it")
    assert sum(name.endswith(".js") for name in names) > 30
    assert weight < MOST


def _sent(file: Path) -> int:
    """Bytes sent for a file to a browser that takes gzip; small files are not worth it."""
    zipped = file.with_name(file.name + ".gz")
    return (zipped if zipped.exists() else file).stat().st_size
