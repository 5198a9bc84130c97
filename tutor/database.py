"""What it means when the database does not do as it is asked: for a request, try again; for an operator, why."""

from django.db import InterfaceError, InternalError, OperationalError

# Locked for too long, away, restarting, full, out of connections; a connection that broke; a replica or a disk that
# cannot be written to. None of it is a mistake in the request.
AWAY = (OperationalError, InterfaceError, InternalError)
# Seconds after which asking again is worth it.
RETRY_AFTER = 2

# SQLSTATE codes (PostgreSQL manual, appendix A): serialization failure, deadlock; disk full.
_SACRIFICED = ("40001", "40P01")
_FULL = "53100"
_FULL_SQLITE = "disk is full"


def was_sacrificed(error: Exception) -> bool:
    """Whether a transaction was broken off only so that another could go on: the same again may well succeed."""
    return _state(error) in _SACRIFICED


def is_full(error: Exception) -> bool:
    """Whether there is no room to write."""
    return _state(error) == _FULL or _FULL_SQLITE in str(error)


def _state(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""
