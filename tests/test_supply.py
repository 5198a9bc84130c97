"""What the product is made of: pinned by hashes, under known licences, and looked through for holes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import licences
from tests.running import ROOT

AUDIT = [sys.executable, "tests/audit.py"]


def pins(name: str) -> dict[str, str]:
    """The versions that a list pins, by package."""
    lines = [line.partition(" \\")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    wanted = [Requirement(line) for line in lines if re.match(r"[A-Za-z]", line)]
    return {licences.canonicalize_name(one.name): str(one.specifier) for one in wanted}


def test_lock_has_what_is_required() -> None:
    wanted, locked = pins("requirements.txt"), pins("requirements.lock")

    assert {name: locked.get(name) for name in wanted} == wanted, "run `make lock`"


def test_every_package_of_the_lock_has_a_version_and_hashes() -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text().strip())

    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==\S+ (;[^\\]+)?\\\n", entry), entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry[:80]


def test_lock_names_no_place_to_get_packages_from() -> None:
    text = (ROOT / "requirements.lock").read_text()

    assert "://" not in text
    assert "--index" not in text


def test_list_of_licences_is_current() -> None:
    assert licences.PAGE.read_text() == licences.page(), "run `make licences`"


def test_no_licence_comes_in_that_nobody_has_allowed() -> None:
    assert licences.refused() == {}


REFUSED = ["AGPL-3.0-only", "MIT AND GPL-2.0-only", "Proprietary", "unknown", "not installed"]


@pytest.mark.parametrize("expression", REFUSED)
def test_other_licences_are_refused(monkeypatch, expression: str) -> None:
    monkeypatch.setitem(licences.KNOWN, "django", expression)

    assert licences.refused() == {"django": expression}


@pytest.mark.parametrize("expression", ["MIT", "GPL-2.0-only OR MIT", "Apache-2.0 AND (BSD-2-Clause)"])
def test_usual_licences_are_allowed(expression: str) -> None:
    assert licences.is_allowed(expression)


def auditor(folder: Path, prints: str, status: int) -> list[str]:
    """A pip-audit that prints this and fails or not."""
    program = folder / "pip-audit.py"
    program.write_text(
        f"import sys\nsys.stdout.write({prints!r})\nsys.stderr.write('no route\\n')\nsys.exit({status})\n"
    )
    return [*AUDIT, sys.executable, str(program)]


NONE = {"dependencies": [{"name": "a", "version": "1", "vulns": []}]}
SOME = {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2.0"]}]}]}


@pytest.mark.parametrize(
    ("prints", "status", "expected", "said"),
    [
        (json.dumps(NONE), 0, 0, "1 packages looked up, 0 known holes"),
        (json.dumps(SOME), 1, 1, "a 1: CVE-1, mended in 2.0"),
        ("", 1, 2, "NOT AUDITED: the advisories could not be asked, so nothing is known.\nno route"),
    ],
)
def test_audit_says_what_is_known_or_that_nothing_is(tmp_path, prints, status, expected, said) -> None:
    done = subprocess.run(auditor(tmp_path, prints, status), cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == expected
    assert said in done.stdout + done.stderr
