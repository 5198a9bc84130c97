"""Static files as production serves them."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

# `from "./x.js"`, `import "../x.js"`, `import("./x.js")`: whatever a browser would fetch.
RELATIVE_IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{1,2}/[^"']+)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.js$")


@pytest.fixture
def collect(settings, tmp_path: Path) -> Path:
    """Where `collectstatic` of the production storage puts its files."""
    settings.STATIC_ROOT = str(tmp_path / "collected")
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "tutor.pages.storage.HashedModulesStorage"},
    }
    return tmp_path / "collected"


def unhashed_imports(collected: Path) -> list[tuple[str, str]]:
    """Return (module, import) of all hashed modules that would still load one without a hash."""
    return [
        (module.name, target)
        for module in collected.rglob("*.js")
        if HASHED.search(module.name)
        for target in RELATIVE_IMPORT.findall(module.read_text())
        if not HASHED.search(target)
    ]


def test_no_hashed_module_of_ours_imports_an_unhashed_one(collect: Path) -> None:
    call_command("collectstatic", "--no-input", verbosity=0)

    assert list(collect.glob("staticfiles.json")) != []
    assert unhashed_imports(collect) == []


def test_imports_of_every_form_are_rewritten(collect: Path, settings, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "net").mkdir(parents=True)
    (source / "net/call.js").write_text('import "../words.js";\nexport const call = 1, hangUp = 2;\n')
    (source / "words.js").write_text("export const words = [];\n")
    (source / "all.js").write_text('export { call } from "./net/call.js";\nexport * from "./words.js";\n')
    (source / "room.js").write_text(
        'import {\n  call,\n  hangUp,\n} from "./net/call.js";\n'
        'import * as words from "./words.js";\n'
        'const later = () => import("./all.js");\n'
    )
    settings.STATICFILES_DIRS = [source]

    call_command("collectstatic", "--no-input", verbosity=0)

    (room,) = (path for path in collect.glob("room.*.js") if HASHED.search(path.name))
    assert [bool(HASHED.search(target)) for target in RELATIVE_IMPORT.findall(room.read_text())] == [True] * 3
    assert unhashed_imports(collect) == []


def test_import_without_a_semicolon_is_found(collect: Path, settings, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "words.js").write_text("export const words = [];\n")
    (source / "room.js").write_text('import { words } from "./words.js"\n')
    settings.STATICFILES_DIRS = [source]

    call_command("collectstatic", "--no-input", verbosity=0)

    assert [target for _, target in unhashed_imports(collect)] == ["./words.js"]
