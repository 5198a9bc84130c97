"""Requests made from the description of the API, good and bad ones: each is answered, and as described.

FUZZ_CASES says how many are made at random, in all; `make fuzz` makes 10,000. Beside these come those at every edge of
the description, and methods that it does not know.
"""

import json
import logging
import os
from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.lessons import publish
from tests.peers import inside
from tutor.api import description, inputs
from tutor.models import Attempt
from tutor.services import attempts

CODE = "11111111-1111-4111-8111-111111111111"
SLUG = "cafe"
CASES = int(os.environ.get("FUZZ_CASES", "160"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]
SCHEMA = schemathesis.openapi.from_dict(description.document())
SCHEMA.config.generation.modes = list(GenerationMode)
answered: Counter[tuple[str, int]] = Counter()


@pytest.fixture(scope="module", autouse=True)
def _figures():
    """Say at the end what was answered how often (`pytest -s`)."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)
    for (operation, status), count in sorted(answered.items()):
        print(f"{operation:45} {status} {count:6}")
    print(f"{'in all':49} {answered.total():6}")


@pytest.fixture
def here(learner, said, settings) -> Client:
    """A learner who is signed in and has an attempt with a sentence in it, under a code that is known before."""
    settings.REHEARSAL_APP = inside.PATH
    attempt = attempts.start_attempt(publish(slug=SLUG), learner=learner)[0]
    said(attempt, "I like tea.")
    Attempt.objects.filter(pk=attempt.pk).update(code=CODE)
    client = Client(raise_request_exception=False)
    client.force_login(learner)
    return client


class BrokenOff(Exception):
    """Takes back what a request has changed."""


@SCHEMA.parametrize()
@settings(
    max_examples=max(CASES // len(description.OPERATIONS), 1),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_request_is_answered_as_described(case: Case, here: Client):
    try:
        with transaction.atomic():
            response = ask(here, case)
            # Each request finds the attempt as it was.
            raise BrokenOff
    except BrokenOff:
        pass

    answered[case.operation.label, response.status_code] += 1
    case.validate_response(response, checks=CHECKS)


def ask(client: Client, case: Case) -> schemathesis.Response:
    """Send a request of schemathesis as our learner, whose attempt it is about unless its address is the point."""
    if isinstance(case.body, dict) and inputs.ID.fullmatch(str(case.body.get("item_id"))):
        # Of all ids that might be, the one that is.
        case.body["item_id"] = "said_1"
    request = case.as_transport_kwargs(base_url="http://testserver")
    prepared = requests.Request(**{k: request[k] for k in ("method", "url", "headers", "params")}).prepare()
    response = client.generic(
        case.method,
        address(case, str(prepared.path_url)),
        body_of(request),
        # The test client leaves out the type of an empty body unless told.
        CONTENT_TYPE=str(request["headers"].get("Content-Type", "")),
    )
    return schemathesis.Response(
        status_code=response.status_code,
        headers={name: [value] for name, value in response.headers.items()},
        content=response.content,
        request=prepared,
        elapsed=0.0,
        verify=False,
    )


def address(case: Case, generated: str) -> str:
    """The address of the learner's attempt or lesson, or the generated one where that is no good on purpose."""
    parts = case.meta.components if case.meta else {}
    bad = [place for place, part in parts.items() if part.mode is GenerationMode.NEGATIVE]
    if ParameterLocation.PATH in bad and case.method == case.operation.method.upper():
        return generated
    _, mark, query = generated.partition("?")
    return case.operation.path.replace("{code}", CODE).replace("{slug}", SLUG) + mark + query


def body_of(request: dict[str, Any]) -> bytes:
    """The body as bytes, whatever it is."""
    body = request.get("json", request.get("data", b""))
    if isinstance(body, NotSet):
        return b""
    return body if isinstance(body, bytes) and "json" not in request else json.dumps(body).encode()
