"""The product's settings with one more middleware: it ends the process where a request asks for it.

For tests of what a power cut leaves behind; nothing of it is in the product.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

from config.settings import *  # noqa: F403
from config.settings import MIDDLEWARE

# The header that asks for it, and where: after the commit, or before the last row of the transaction is written.
HEADER = "X-Fail"
AFTER_COMMIT = "after-commit"
BEFORE_COMMIT = "before-commit"

MIDDLEWARE = [*MIDDLEWARE, "tests.failpoint.failing"]


def failing(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Serve requests, but no marked one to its end."""

    def serve(request: HttpRequest) -> HttpResponse:
        where = request.headers.get(HEADER)
        if where == BEFORE_COMMIT:
            with connection.execute_wrapper(_end_at_the_tool_call):
                return get_response(request)
        response = get_response(request)
        if where == AFTER_COMMIT:
            _end()
        return response

    return serve


def _end_at_the_tool_call(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if sql.startswith('INSERT INTO "tutor_toolcall"'):
        _end()
    return execute(sql, params, many, context)


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
