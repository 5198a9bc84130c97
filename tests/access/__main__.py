"""Write docs/permissions.md: `python -m tests.access`."""

from tests.access import permissions

permissions.FILE.write_text(permissions.text())
