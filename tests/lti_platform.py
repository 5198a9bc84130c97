"""A learning platform on this machine, with real keys and signatures; as Moodle would be, or as bad as it is told to.

It checks what it gets as strictly as the standard allows: who is unknown, signs badly or asks for too much is refused.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from jwcrypto.jwk import JWK

CLIENT, DEPLOYMENT, SUB = "viva-at-school", "1", "sub-of-lea"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LTI, DEEP = "https://purl.imsglobal.org/spec/lti/claim/", "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"

OWN_KEY = JWK.generate(kty="RSA", size=2048, kid="own")
OTHER_KEY = JWK.generate(kty="RSA", size=2048, kid="own")

Answer = tuple[int, dict[str, str], bytes]
Act = Callable[[], Answer]


def pem(key: JWK) -> bytes:
    return key.export_to_pem(private_key=True, password=None)


@dataclass
class Platform:
    """What it knows of Viva, what it was told, and how it misbehaves: `acts` maps a path to what is done there."""

    url: str
    # Where programs ask; browsers may come by another name, that of another site.
    api: str
    # Fetches our public keys, as a list of JWKs.
    tool_keys: Callable[[], list[dict[str, Any]]] = list
    # What a launch says besides the usual; pages of courses set it.
    claims: dict[str, Any] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)
    told: threading.Event = field(default_factory=threading.Event)
    choices: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    acts: dict[str, Act] = field(default_factory=dict)
    # Pages by path.
    pages: dict[str, str] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    @property
    def line_item(self) -> str:
        return f"{self.api}/lineitems/7?type=lti"

    @property
    def registration(self) -> dict[str, Any]:
        """What a superuser enters at Viva."""
        urls = {"auth_url": f"{self.url}/auth", "token_url": f"{self.api}/token", "keyset_url": f"{self.api}/jwks"}
        return {"name": "Moodle", "issuer": self.url, "client_id": CLIENT, "deployments": DEPLOYMENT, **urls}

    def login_params(self, target: str) -> dict[str, str]:
        """What a platform sends a browser off with."""
        return {
            "iss": self.url,
            "login_hint": SUB,
            "target_link_uri": target,
            "client_id": CLIENT,
            "lti_message_hint": "hint",
        }

    def id_token(self, nonce: str, *, key: JWK = OWN_KEY, kid: str = "own", alg: str = "RS256", **claims: Any) -> str:
        """A launch, signed. A claim that is None is left out."""
        now = int(time.time())
        body = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": SUB,
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "given_name": "Lea",
            "family_name": "Lind",
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": DEPLOYMENT,
            f"{LTI}target_link_uri": "https://viva.example.org/lti/launch/",
            f"{LTI}resource_link": {"id": "link-1"},
            f"{LTI}roles": [LEARNER],
            f"{LTI}context": {"id": "course-1", "title": "English 7b"},
            f"{LTI}custom": {"lesson": "cafe"},
            AGS: {"scope": [SCORE], "lineitem": self.line_item, "lineitems": f"{self.url}/lineitems"},
            **self.claims,
            **claims,
        }
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(body, "" if alg == "none" else pem(key), algorithm=alg, headers={"kid": kid})

    def deep_linking(self, **settings: Any) -> dict[str, Any]:
        """The claims of a wish to choose a lesson."""
        wish = {
            "deep_link_return_url": f"{self.url}/return?course=1",
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["window"],
            "data": "opaque;,'",
            **settings,
        }
        return {
            f"{LTI}message_type": "LtiDeepLinkingRequest",
            f"{LTI}resource_link": None,
            f"{LTI}roles": [INSTRUCTOR],
            f"{DEEP}deep_linking_settings": wish,
        }

    # --- What is asked of it ---------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer one request."""
        path = urlsplit(target).path
        self.asked.append(f"{method} {path}")
        if path in self.acts:
            return self.acts[path]()
        try:
            if path in self.pages:
                return page(self.pages[path])
            return self._doors[f"{method} {path}"](dict(parse_qsl(urlsplit(target).query)), headers, body)
        except Exception as error:
            self.refused.append(f"{method} {path}: {type(error).__name__}: {error}")
            return 400, {}, b"{}"

    @property
    def _doors(self) -> dict[str, Callable[..., Answer]]:
        return {
            "GET /favicon.ico": lambda *_rest: (404, {}, b""),
            "GET /jwks": self._jwks,
            "GET /auth": self._auth,
            "POST /token": self._token,
            "POST /lineitems/7/scores": self._score,
            "POST /return": self._return,
        }

    def _jwks(self, *_rest: Any) -> Answer:
        keys = [json.loads(OWN_KEY.export_public()) | {"alg": "RS256", "use": "sig"}]
        return 200, {"Content-Type": "application/json"}, json.dumps({"keys": keys}).encode()

    def _auth(self, query: dict[str, str], *_rest: Any) -> Answer:
        wanted = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
        assert {name: query[name] for name in wanted} == wanted
        assert (query["client_id"], query["login_hint"], query["lti_message_hint"]) == (CLIENT, SUB, "hint")
        fields = {"id_token": self.id_token(query["nonce"]), "state": query["state"]}
        inputs = "".join(f'<input type="hidden" name="{n}" value="{escape(v)}">' for n, v in fields.items())
        form = f'<form method="post" action="{escape(query["redirect_uri"])}">{inputs}</form>'
        return page(f"{form}<script>document.forms[0].submit()</script>")

    def _token(self, _query: Any, _headers: Any, body: bytes) -> Answer:
        form = dict(parse_qsl(body.decode(), strict_parsing=True))
        assert form["grant_type"] == "client_credentials"
        assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assert form["scope"] == SCORE
        claims = self.verified(form["client_assertion"], audience=f"{self.api}/token")
        assert (claims["iss"], claims["sub"]) == (CLIENT, CLIENT)
        token = secrets.token_urlsafe()
        self.tokens.add(token)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": SCORE}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def _score(self, query: dict[str, str], headers: dict[str, str], body: bytes) -> Answer:
        assert headers["authorization"].removeprefix("Bearer ") in self.tokens
        assert headers["content-type"] == "application/vnd.ims.lis.v1.score+json"
        assert query == {"type": "lti"}
        self.scores.append(json.loads(body))
        self.told.set()
        return 200, {}, b""

    def _return(self, _query: Any, _headers: Any, body: bytes) -> Answer:
        form = dict(parse_qsl(body.decode(), strict_parsing=True))
        self.choices.append(self.verified(form["JWT"], audience=self.url))
        return page("<h1>Chosen</h1>")

    def verified(self, token: str, *, audience: str) -> dict[str, Any]:
        """What Viva has signed; whatever is wrong with that is an error."""
        kid = jwt.get_unverified_header(token)["kid"]
        [key] = [key for key in self.tool_keys() if key["kid"] == kid]
        public = JWK(**key).export_to_pem()
        needed = {"require": ["exp", "iat", "iss"]}
        return dict(jwt.decode(token, public, algorithms=["RS256"], audience=audience, options=needed))


def page(body: str) -> Answer:
    return 200, {"Content-Type": "text/html; charset=utf-8"}, f"<!doctype html><title>Moodle</title>{body}".encode()


def framing(url: str, params: dict[str, str]) -> str:
    """A page of a course that shows Viva in a frame."""
    return f'<iframe name="tool" width="340" height="600" src="{escape(f"{url}?{urlencode(params)}")}"></iframe>'


@contextmanager
def running_platform(host: str = "") -> Iterator[Platform]:
    """A platform that is gone afterwards."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, content = platform.answer(method, self.path, headers, body)
            self.send_response(status)
            for name, value in {**extra, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_rest: Any) -> None:
            """Tests look at `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    own = f"http://127.0.0.1:{server.server_port}"
    platform = Platform(f"http://{host}:{server.server_port}" if host else own, own)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
