"""Which ES modules a page needs, so that a browser can fetch them all at once instead of import by import."""

import posixpath
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

# A static import at the beginning of a line, as in our modules; not the `import("…")` of a type in a comment.
IMPORT = re.compile(r'^(?:import|export)\s(?:[^"]*?\sfrom\s)?"(\.[^"]+)";', re.MULTILINE)


@cache
def modules_of(entry: str) -> tuple[str, ...]:
    """Return the names of an entry and of all it imports, those first that the browser would find first."""
    found = [entry]
    for name in found:
        found += [module for module in _imports(name) if module not in found]
    return tuple(found)


def _imports(name: str) -> list[str]:
    path = finders.find(name)
    text = Path(path).read_text() if path else ""
    folder = posixpath.dirname(name)
    return list(dict.fromkeys(posixpath.normpath(posixpath.join(folder, target)) for target in IMPORT.findall(text)))
