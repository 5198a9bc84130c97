"""LTI 1.3 as the library PyLTI1p3 speaks it: what a platform says is checked, what it is told is signed.

Nothing here is stored. The library is made for `requests` and for the session of a browser; it gets our own bounded
way out (`_Way`) and signed states instead. It is not made for hostile tokens: whatever it trips over is a refusal.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit

import httpx
from asgiref.sync import async_to_sync
from django.core.cache import cache
from jwcrypto.jwk import JWK
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.cookie import CookieService
from pylti1p3.deep_link import DeepLink
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.deployment import Deployment
from pylti1p3.exception import LtiException, LtiServiceException, OIDCException
from pylti1p3.grade import Grade
from pylti1p3.lineitem import LineItem
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.oidc_login import OIDCLogin
from pylti1p3.redirect import Redirect
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.service_connector import ServiceConnector
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import ToolConfAbstract

from tutor import lti_hosts, tracing
from tutor.models import LtiPlatform
from tutor.peers import outside

log = logging.getLogger(__name__)

# Seconds for one exchange with a platform.
PATIENCE = 5.0
MAX_ANSWER = 256 * 1024
# Seconds for which the keys of a platform are remembered. So often, at most, can strangers have us ask for them.
KEYS_KEPT = 60
# The only one that the standard's security framework names for all.
ALGORITHM = "RS256"
SHORTEST_KEY = 2048

_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
_SCORES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCORE_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
_INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
# A later score of the same learner is there already.
CONFLICT = 409


class LtiError(Exception):
    """What a platform said is of no use. `why` is one word for the log, and holds nothing of theirs."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key pair of ours, in PEM."""

    public: str
    private: str


@dataclass(frozen=True, slots=True)
class DeepLinking:
    """A teacher on the platform wants to choose a lesson: where the choice goes, and what is to go with it."""

    return_url: str
    data: str | None
    takes_column: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a platform says of a launch, all of it checked. `line_item` is where scores go, empty for nowhere."""

    sub: str
    nonce: str
    given_name: str
    family_name: str
    is_instructor: bool
    deployment: str
    course: str
    course_title: str
    lesson: str
    line_item: str
    deep_linking: DeepLinking | None


# --- Keys of ours --------------------------------------------------------------------------------------------------


def new_key_pair(passphrase: str) -> KeyPair:
    """Make a key pair, the private half of which is enciphered."""
    key = JWK.generate(kty="RSA", size=SHORTEST_KEY)
    private = key.export_to_pem(private_key=True, password=passphrase.encode())
    return KeyPair(key.export_to_pem().decode(), private.decode())


def deciphered(pair: KeyPair, passphrase: str) -> KeyPair:
    """Return a key pair that can sign. Raises ValueError where it was enciphered with something else."""
    key = JWK.from_pem(pair.private.encode(), password=passphrase.encode())
    return KeyPair(pair.public, key.export_to_pem(private_key=True, password=None).decode())


def public_key(public_pem: str) -> dict[str, Any]:
    """Return a public key as platforms fetch it."""
    return dict(Registration.get_jwk(public_pem))


# --- Coming in -----------------------------------------------------------------------------------------------------


def address_to_ask(platform: LtiPlatform, params: Mapping[str, str], *, back_to: str, state: str, nonce: str) -> str:
    """Return where a browser asks the platform who it is, and comes back from with the answer. Raises LtiError."""
    login = _Login(_Request(params), _Conf(platform), _Nonces(nonce), _Cookies(), state=state, nonce=nonce)
    try:
        return str(login.get_redirect_object(back_to).get_redirect_url())
    except OIDCException as error:
        raise LtiError("login") from error


def read(platform: LtiPlatform, params: Mapping[str, str], *, nonce: str, own_state: str | None) -> Claims:
    """Return what a platform says, once everything about it was checked. Raises LtiError.

    `own_state` is the state that this browser set out with, as its cookie proves.
    """
    services = (_Request(params), _Conf(platform), _Nonces(nonce), _Cookies(own_state))
    launch = _Launch(*services, requests_session=cast(Any, _Way()))
    launch.set_auto_validation(False)
    # That it was issued in the future says only that clocks differ: state and nonce bound its time on our side.
    options: dict[str, Any] = {"verify_aud": False, "verify_iat": False, "require": ["exp", "iat"]}
    launch.set_jwt_verify_options(options)
    steps: list[tuple[str, Callable[[], object]]] = [
        ("state", launch.validate_state),
        ("format", launch.validate_jwt_format),
        ("nonce", launch.validate_nonce),
        ("registration", launch.validate_registration),
        ("audience", partial(_check_audience, launch, platform)),
        ("keys", partial(_give_keys, launch, platform)),
        ("signature", launch.validate_jwt_signature),
        ("deployment", launch.validate_deployment),
        ("message", launch.validate_message),
    ]
    for why, step in steps:
        _try(why, step)
    found: list[Claims] = []
    _try("claims", lambda: found.append(_claims(launch.get_launch_data(), platform)))
    return found[0]


def _try(why: str, step: Callable[[], object]) -> None:
    try:
        step()
    except LtiError:
        raise
    except Exception as error:  # an outer edge: a token may be anything, the library takes it for what it should be
        # What it says may quote the token.
        log.debug("lti step failed step=%s error=%s", why, type(error).__name__)
        raise LtiError(why) from error


def _check_audience(launch: MessageLaunch[Any, Any, Any, Any], platform: LtiPlatform) -> None:
    """The library looks at the first audience alone: with others beside it, the token must say that it is for us."""
    body: Mapping[str, Any] = launch.get_launch_data()
    audiences = body["aud"] if isinstance(body["aud"], list) else [body["aud"]]
    party = body.get("azp")
    if (len(audiences) > 1 and party is None) or (party is not None and party != platform.client_id):
        raise LtiError("audience")


def _give_keys(launch: "_Launch", platform: LtiPlatform) -> None:
    """Give the library the platform's keys, without any that the standard does not allow."""
    name = f"lti-keys:{platform.pk}:{platform.keyset_url}"
    keys = cache.get(name)
    if keys is None:
        answer = _Way(platform.hosts).get(platform.keyset_url)
        if answer.status_code != 200:
            raise LtiError("keys")
        keys = [key for key in answer.json()["keys"] if _is_usable(key)]
        cache.set(name, keys, KEYS_KEPT)
    launch.use_keys(keys)


def _is_usable(key: Mapping[str, Any]) -> bool:
    is_rsa = key.get("kty") == "RSA" and key.get("alg", ALGORITHM) == ALGORITHM
    # The modulus is in base64: four signs for three bytes.
    return is_rsa and len(key.get("n", "")) * 6 >= SHORTEST_KEY


def _claims(body: Mapping[str, Any], platform: LtiPlatform) -> Claims:
    context = body.get(f"{_CLAIM}context") or {}
    custom = body.get(f"{_CLAIM}custom") or {}
    return Claims(
        sub=_id(body["sub"]),
        nonce=_text(body["nonce"], 500),
        given_name=_text(body.get("given_name") or body.get("name"), 150),
        family_name=_text(body.get("family_name"), 150),
        is_instructor=_INSTRUCTOR in body[f"{_CLAIM}roles"],
        deployment=_id(body[f"{_CLAIM}deployment_id"]),
        course=_id(context["id"]) if context else "",
        course_title=_text(context.get("title") or context.get("label"), 80),
        lesson=_text(custom.get("lesson"), 100),
        line_item=_line_item(body.get(_SCORES) or {}, platform),
        deep_linking=_deep_linking(body.get(f"{_DEEP}deep_linking_settings")),
    )


def _id(value: object) -> str:
    """An id is taken as it is or not at all: cut short it would be somebody else's."""
    if not isinstance(value, str) or not 0 < len(value) <= 255 or not value.isprintable():
        raise LtiError("claims")
    return value


def _text(value: object, limit: int) -> str:
    """What people read: one line, and no longer than fits."""
    return " ".join(value.split())[:limit].strip() if isinstance(value, str) and "\0" not in value else ""


def _line_item(endpoint: Mapping[str, Any], platform: LtiPlatform) -> str:
    url = endpoint.get("lineitem")
    if not isinstance(url, str) or SCORE_SCOPE not in endpoint.get("scope", ()):
        return ""
    if len(url) > 1000 or not lti_hosts.is_at(url, platform.hosts):
        log.warning("lti scores go nowhere platform=%s why=%s", platform.pk, "host")
        return ""
    return url


def _deep_linking(settings: Mapping[str, Any] | None) -> DeepLinking | None:
    if settings is None:
        return None
    url, data = settings["deep_link_return_url"], settings.get("data")
    if lti_hosts.url_fault(url) or not isinstance(data, str | None):
        raise LtiError("claims")
    return DeepLinking(url, data, settings.get("accept_lineitem") is not False)


# --- Going back ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """A lesson that a teacher chose for a course; `url` is where it is launched."""

    slug: str
    title: str
    summary: str
    url: str


def answer_choice(platform: LtiPlatform, pair: KeyPair, *, deployment: str, wish: DeepLinking, choice: Choice) -> str:
    """Return the signed message that tells the platform what was chosen."""
    resource = DeepLinkResource().set_url(choice.url).set_title(choice.title)
    resource.set_custom_params({"lesson": choice.slug})
    if wish.takes_column:
        resource.set_lineitem(LineItem({"scoreMaximum": 100, "label": choice.title}))
    link = DeepLink(_registration(platform, pair), deployment, {"data": wish.data})
    message = link.get_message_jwt([resource])
    # In a window of its own: pages of ours are shown in no frame.
    [item] = cast(list[dict[str, Any]], message[f"{_DEEP}content_items"])
    item |= {"text": choice.summary, "window": {"targetName": "_blank"}}
    if wish.data is None:
        del message[f"{_DEEP}data"]
    return str(link.encode_jwt(message))  # type: ignore[no-untyped-call]


class ScoreSender:
    """Sends scores to one platform, with one access token for all of them."""

    def __init__(self, platform: LtiPlatform, pair: KeyPair) -> None:
        self._hosts, self._token_url = platform.hosts, platform.token_url
        self._connector = ServiceConnector(_registration(platform, pair), cast(Any, _Way(platform.hosts)))

    def send(self, line_item: str, *, sub: str, passed: int, stages: int, at: datetime, is_over: bool) -> None:
        """Tell how far somebody came. Raises LtiError; a platform that knows a later score already has heard enough."""
        if not lti_hosts.is_at(line_item, self._hosts):
            raise LtiError("host")
        grade = Grade().set_user_id(sub).set_score_given(passed).set_score_maximum(stages)
        grade.set_activity_progress("Completed" if is_over else "Submitted").set_grading_progress("FullyGraded")
        grade.set_timestamp(at.isoformat())
        scores = AssignmentsGradesService(self._connector, {"scope": [SCORE_SCOPE], "lineitem": line_item})
        try:
            scores.put_grade(grade)
        except LtiServiceException as error:
            is_known = error.response.status_code == CONFLICT and error.response.url != self._token_url
            if not is_known:
                raise LtiError(f"status_{error.response.status_code}") from error
        except (LtiException, ValueError, KeyError, TypeError) as error:
            raise LtiError("answer") from error


def _registration(platform: LtiPlatform, pair: KeyPair | None = None) -> Registration:
    own = Registration().set_issuer(platform.issuer).set_client_id(platform.client_id)
    own.set_auth_login_url(platform.auth_url).set_auth_token_url(platform.token_url)
    if pair is not None:
        own.set_tool_private_key(pair.private).set_tool_public_key(pair.public)
    return own


# --- What the library is given -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer, as far as the library looks at one of `requests`."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    url: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        # It ends up in messages of exceptions.
        return ""

    def json(self) -> Any:
        return json.loads(self.content)


class _Way:
    """What the library takes for a session of `requests`: it reaches the hosts of one platform, and no others."""

    def __init__(self, hosts: Collection[str] = ()) -> None:
        self._hosts = hosts

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> _Answer:
        return self._ask("GET", url, b"", headers or {})

    def post(self, url: str, data: Mapping[str, str] | str, headers: Mapping[str, str] | None = None) -> _Answer:
        form = {} if isinstance(data, str) else {"Content-Type": "application/x-www-form-urlencoded"}
        body = data if isinstance(data, str) else urlencode(data)
        return self._ask("POST", url, body.encode(), form | dict(headers or {}))

    def _ask(self, method: str, url: str, content: bytes, headers: Mapping[str, str]) -> _Answer:
        if not lti_hosts.is_at(url, self._hosts):
            raise LtiError("host")
        try:
            return async_to_sync(_exchange)(method, url, content, headers)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise LtiError("timeout") from error
        except outside.NotAllowedError as error:
            raise LtiError("address") from error
        except outside.TooLargeError as error:
            raise LtiError("too_large") from error
        except (OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise LtiError("unreachable") from error


async def _exchange(method: str, url: str, content: bytes, headers: Mapping[str, str]) -> _Answer:
    with tracing.span(f"{method} platform", "client") as span:
        async with (
            # The client's own patience begins anew with every byte.
            asyncio.timeout(PATIENCE),
            outside.asked(
                method,
                url,
                content=content,
                headers=headers,
                patience=PATIENCE,
                is_allowed=lti_hosts.is_allowed_address,
            ) as response,
        ):
            span.say({"server.address": str(urlsplit(url).hostname), "http.response.status_code": response.status_code})
            body = await outside.bounded(response, MAX_ANSWER)
            return _Answer(response.status_code, body, dict(response.headers), url)


class _Request(Request):
    def __init__(self, params: Mapping[str, str]) -> None:
        self._params = params

    def is_secure(self) -> bool:
        return True

    def get_param(self, key: str) -> str:
        return self._params.get(key, "")


class _Conf(ToolConfAbstract[_Request]):
    """One platform: of any other there is nothing to find."""

    def __init__(self, platform: LtiPlatform) -> None:
        self.platform = platform

    def check_iss_has_one_client(self, iss: str) -> bool:
        return False

    def check_iss_has_many_clients(self, iss: str) -> bool:
        return True

    def find_registration_by_issuer(self, iss: str, *args: Any, **kwargs: Any) -> Registration:
        raise NotImplementedError("The issuer alone says nothing.")

    def find_deployment(self, iss: str, deployment_id: str) -> None:
        raise NotImplementedError("The issuer alone says nothing.")

    def find_registration_by_params(self, iss: str, client_id: str, *args: Any, **kwargs: Any) -> Registration:
        # A login may leave the client out; a launch is held against it once more.
        if iss != self.platform.issuer or client_id not in (self.platform.client_id, "", None):
            raise LtiException
        return _registration(self.platform)

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Deployment | None:
        known = deployment_id in self.platform.deployment_ids
        return Deployment().set_deployment_id(deployment_id) if known else None


class _Nonces(SessionService):
    """The nonce that goes with the state; that it is used once is for the database to say."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce

    def save_nonce(self, nonce: str) -> None:
        """It is in the state."""

    def check_nonce(self, nonce: str) -> bool:
        return nonce == self._nonce

    def check_state_is_valid(self, state: str, id_token_hash: str) -> bool:
        return False


class _Cookies(CookieService):
    def __init__(self, own_state: str | None = None) -> None:
        self._own_state = own_state

    def get_cookie(self, name: str) -> str | None:
        return self._own_state

    def set_cookie(self, name: str, value: str | int, exp: int | None = 3600) -> None:
        """The page does it."""


class _Redirect(Redirect[str]):
    def __init__(self, url: str) -> None:
        self._url = url

    def get_redirect_url(self) -> str:
        return self._url

    def set_redirect_url(self, location: str) -> None:
        self._url = location

    def do_redirect(self) -> str:
        return self._url

    def do_js_redirect(self) -> str:
        raise NotImplementedError("No script is written into pages of ours.")


class _Login(OIDCLogin[_Request, _Conf, _Nonces, _Cookies, str]):
    def __init__(self, *services: Any, state: str, nonce: str) -> None:
        super().__init__(*services)
        self._own_state, self._own_nonce = state, nonce

    def get_redirect(self, url: str) -> Redirect[str]:
        return _Redirect(url)

    def _get_uuid(self) -> str:
        return self._own_state.removeprefix(STATE_PREFIX)

    def _generate_nonce(self) -> str:
        return self._own_nonce


# The library puts it before what it takes for a random part.
STATE_PREFIX = "state-"


class _Launch(MessageLaunch[_Request, _Conf, _Nonces, _Cookies]):
    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)

    def use_keys(self, keys: list[Any]) -> None:
        """Have the signature checked against these keys, and never fetch others."""
        self._registration = _registration(self._tool_config.platform).set_key_set({"keys": keys})
