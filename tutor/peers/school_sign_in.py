"""The school's own sign-in: OpenID Connect, as a client of one provider (authorization code with PKCE).

Tokens are read by joserfc; what is left of the protocol is one redirect and one form. Everything raises
SchoolSignInError where the provider does not do as the standard says, and says nothing of it to anybody but the log.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import httpx
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

# Seconds for each of the provider's answers, and bytes of what it says of itself.
PATIENCE = 10.0
MAX_ANSWER = 512 * 1024
# Of the provider's own keys; not `none`, and none that is made of our secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
# Characters of a subject, by the standard (OpenID Connect Core, section 2).
MAX_SUBJECT = 255
# Of what it calls itself, in the log.
MAX_NAME = 200
SCOPE = "openid profile email"
# Seconds by which clocks may differ.
LEEWAY = 60


class SchoolSignInError(Exception):
    """Nobody can be let in. `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Errand:
    """What has to be remembered in the browser's session while somebody is at the provider's."""

    state: str
    nonce: str
    verifier: str

    def as_data(self) -> dict[str, str]:
        """As a session keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of somebody. `email` only where the provider has confirmed it."""

    issuer: str
    subject: str
    username: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""


def send_there(redirect_uri: str) -> tuple[str, Errand]:
    """Return the address at the provider's that somebody is sent to, and what to remember meanwhile."""
    errand = Errand(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    with _client() as client:
        address = _about(client, "authorization_endpoint")
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": errand.state,
        "nonce": errand.nonce,
        # RFC 7636: whoever takes the code away has not the verifier.
        "code_challenge": urlsafe_b64encode(hashlib.sha256(errand.verifier.encode()).digest()).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", errand


def take_back(code: str, errand: Errand, redirect_uri: str) -> Claims:
    """Return what the provider says of who has come back with a code.

    1. Ask it for the token, with our secret and the verifier.
    2. Its signature must be one of the provider's own keys.
    3. It must be from this provider, for us, of now, and for this very errand.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": errand.verifier,
    }
    with _client() as client:
        # 1
        token = _exchange(client, "POST", _about(client, "token_endpoint"), data=form, auth=_ourselves()).get(
            "id_token"
        )
        if not isinstance(token, str):
            raise SchoolSignInError("no id token")
        keys = _exchange(client, "GET", _about(client, "jwks_uri"))
    try:
        # 2
        claims = jwt.decode(token, KeySet.import_key_set(cast(Any, keys)), algorithms=ALGORITHMS).claims
        # 3
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": settings.OIDC_ISSUER},
            aud={"essential": True, "value": settings.OIDC_CLIENT_ID},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": errand.nonce},
            sub={"essential": True},
        )
        registry.validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SchoolSignInError(f"the id token is not good ({type(error).__name__})") from error
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise SchoolSignInError("the id token is for somebody else")
    return _claims(claims)


def look() -> None:
    """Ask the provider for what every sign-in needs and nobody has to sign in for: its addresses, and its keys.

    Raises SchoolSignInError.
    """
    with _client() as client:
        for name in ("authorization_endpoint", "token_endpoint"):
            _about(client, name)
        keys = _exchange(client, "GET", _about(client, "jwks_uri"))
    try:
        KeySet.import_key_set(cast(Any, keys))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SchoolSignInError(f"the provider's keys are not good ({type(error).__name__})") from error


def _claims(data: dict[str, Any]) -> Claims:
    def text(name: str) -> str:
        value = data.get(name)
        return value if isinstance(value, str) and value.isprintable() else ""

    subject, email = text("sub"), text("email") if data.get("email_verified") is True else ""
    if not 0 < len(subject) <= MAX_SUBJECT:
        raise SchoolSignInError("the subject is of no use")
    username = text("preferred_username") or email.partition("@")[0]
    return Claims(settings.OIDC_ISSUER, subject, username, text("given_name"), text("family_name"), email)


def _client() -> httpx.Client:
    return httpx.Client(timeout=PATIENCE, follow_redirects=False, trust_env=False)


def _ourselves() -> tuple[str, str]:
    """Who we are to the provider. The standard has both encoded before they are joined (RFC 6749, section 2.3.1)."""
    return quote(settings.OIDC_CLIENT_ID, safe=""), quote(settings.OIDC_CLIENT_SECRET, safe="")


def _about(client: httpx.Client, name: str) -> str:
    """Return an address of the provider's, by what it says of itself (OpenID Connect Discovery)."""
    found = _exchange(client, "GET", f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != settings.OIDC_ISSUER:
        named = str(found.get("issuer"))[:MAX_NAME]
        raise SchoolSignInError(f"the provider calls itself {named}, which OIDC_ISSUER has to be, letter by letter")
    address = found.get(name)
    # What is asked in the clear can be answered by anybody.
    if not isinstance(address, str) or urlsplit(address).scheme != urlsplit(settings.OIDC_ISSUER).scheme:
        raise SchoolSignInError(f"the provider has no {name}")
    return address


def _exchange(client: httpx.Client, method: str, address: str, **body: Any) -> dict[str, Any]:
    read = b""
    try:
        with client.stream(method, address, headers={"Accept": "application/json"}, **body) as response:
            if response.status_code != 200:
                raise SchoolSignInError(f"the provider answered {response.status_code}")
            for chunk in response.iter_bytes():
                read += chunk
                if len(read) > MAX_ANSWER:
                    raise SchoolSignInError("the provider's answer is too long")
        found = json.loads(read)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise SchoolSignInError(f"the provider cannot be asked ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise SchoolSignInError("the provider's answer is no JSON object")
    return found
