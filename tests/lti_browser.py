"""A browser that goes from a platform to Viva and back, as far as a test client can."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.lti_platform import Platform

WINDOW = {"sec-fetch-dest": "document"}


def set_out(client: Client, platform: Platform, target: str = "lti_launch") -> dict[str, str]:
    """Begin a launch; return what Viva asks the platform."""
    params = platform.login_params(f"http://testserver{reverse(target)}")
    response = client.get(reverse("lti_begin"), params, headers=WINDOW)
    assert response.status_code == 302, response.content.decode()
    return dict(parse_qsl(urlsplit(response["Location"]).query))


def come_back(client: Client, asked: dict[str, str], id_token: str) -> HttpResponse:
    """Bring the platform's answer to where Viva wanted it."""
    address = urlsplit(asked["redirect_uri"]).path
    return client.post(address, {"state": asked["state"], "id_token": id_token})


def launch(client: Client, platform: Platform, target: str = "lti_launch", **token: Any) -> HttpResponse:
    """Go there and back; `token` changes what the platform says."""
    asked = set_out(client, platform, target)
    return come_back(client, asked, platform.id_token(**{"nonce": asked["nonce"], **token}))
