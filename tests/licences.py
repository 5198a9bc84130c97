"""The licences of all packages that the product is made of: `python -m tests.licences` writes docs/licences.md."""

from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.running import ROOT

LOCK, PAGE = ROOT / "requirements.lock", ROOT / "docs" / "licences.md"

# With which the product may be given away and run as it is. LGPL, MPL: as long as the package itself is not changed.
ALLOWED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "LGPL-3.0-only",
        "LGPL-3.0-or-later",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "PSF-2.0",
        "TCL",
        "Unlicense",
        "ZPL-2.1",
    }
)
# What more is allowed, to which package and why.
EXCEPTIONS = {
    "espeakng-loader": (
        "GPL-3.0-or-later",
        "brings libespeak-ng, which only the speech worker, a process of its own, loads; the server never does",
    ),
}
# Packages that do not say their licence in a way that a program understands: what their files say.
KNOWN = {
    "async-timeout": "Apache-2.0",
    "espeakng-loader": "GPL-3.0-or-later",
}
_SPELLINGS = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "apache-2.0 license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "the mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "python software foundation license": "PSF-2.0",
    "zope public license": "ZPL-2.1",
}


def locked() -> list[str]:
    """Return the names of the packages that any Python and Linux we support may install, in order."""
    requirements = [Requirement(line.partition(" \\")[0]) for line in LOCK.read_text().splitlines() if "==" in line]
    return sorted({canonicalize_name(one.name) for one in requirements if may_apply(one)})


def may_apply(requirement: Requirement) -> bool:
    """Whether a requirement is one of CPython on Linux, from 3.11 on."""
    linux = {"sys_platform": "linux", "platform_python_implementation": "CPython", "implementation_name": "cpython"}
    versions = ("3.11.0", "3.11.9", "3.12.9", "3.13.9")
    return requirement.marker is None or any(
        requirement.marker.evaluate({**default_environment(), **linux, "python_full_version": version})
        for version in versions
    )


def licence_of(name: str) -> str:
    """Return the licence of a package as an SPDX expression, or what it says of itself."""
    if name in KNOWN:
        return KNOWN[name]
    try:
        facts = metadata(name)
    except PackageNotFoundError:
        return "not installed"
    return _expression(facts)


def _expression(facts: PackageMetadata) -> str:
    said = facts.get("License-Expression", "")
    if said:
        return said
    named = [line.rpartition(" :: ")[2] for line in facts.get_all("Classifier", []) if line.startswith("License :: ")]
    short = facts.get("License", "").strip()
    for text in (*([short] if len(short) < 60 else []), *named):
        spelt = _SPELLINGS.get(text.lower(), text)
        if spelt in ALLOWED:
            return spelt
    return " / ".join(named) or short[:60] or "unknown"


def is_allowed(expression: str) -> bool:
    """Whether one of the choices of an expression is allowed in all its parts."""
    parts = ([part.strip("() ") for part in choice.split(" AND ")] for choice in expression.split(" OR "))
    return any(set(choice) <= ALLOWED for choice in parts)


def refused() -> dict[str, str]:
    """Return the packages whose licence nobody has allowed."""
    found = {name: licence_of(name) for name in locked()}
    return {
        name: licence
        for name, licence in found.items()
        if not is_allowed(licence) and licence != EXCEPTIONS.get(name, ("",))[0]
    }


def page() -> str:
    """Return docs/licences.md."""
    lines = [
        "# Licences",
        "",
        "Viva has the licence in `LICENSE`. These are the packages it installs on Linux (`requirements.lock` has their"
        " versions and hashes), as they say themselves. Made by `make licences`; a test fails where it is out of"
        " date, or where a licence comes in that nobody has allowed. What a wheel brings along of others (PyAV: FFmpeg"
        " and its codecs; psycopg-binary: libpq and OpenSSL) has licences of its own, which wheels do not say.",
        "",
        "| package | licence |",
        "|---|---|",
    ]
    lines += [f"| {name} | {licence_of(name)} |" for name in locked()]
    lines += ["", "Allowed besides the usual ones:", ""]
    lines += [f"- {name}, {licence}: {why}." for name, (licence, why) in EXCEPTIONS.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"{PAGE.relative_to(ROOT)}: {len(locked())} packages; not allowed: {refused() or 'none'}")
