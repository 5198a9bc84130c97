"""A school's own sign-in (OpenID Connect provider) on this machine: real keys, real signatures, and any mischief."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "viva", "secret-of-viva"


@dataclass
class School:
    """What it knows of the one person who has an account there, and how it misbehaves.

    `claims` are added to those of the token, None leaves one out. The algorithms `none` and `HS256` are old tricks: no
    signature, and one with what everybody knows, the public key.
    """

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "4711", "preferred_username": "mia"})
    claims: dict[str, Any] = field(default_factory=dict)
    # Instead of an answer, by path: a status.
    trouble: dict[str, int] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    sign_with: RSAKey | None = None
    algorithm: str = "RS256"
    # Codes that were given out, each with what was asked: taken once.
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: int = 0

    def grant(self, address: str) -> str:
        """Do as a person who signs in there at once; return where their browser is sent."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.asked)}"
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token_for(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Answer who has come back with a code: to its client, with the verifier, once."""
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.asked.pop(form.get("code", ""), None)
        challenge = _base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        is_right = (
            asked is not None
            and authorization == expected
            and challenge == asked["code_challenge"]
            and form.get("redirect_uri") == asked["redirect_uri"]
        )
        if not is_right or asked is None:
            return 400, {"error": "invalid_grant"}
        self.tokens += 1
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person | self.claims
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        told = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm not in ("none", "HS256"):
            return jwt.encode({"alg": self.algorithm, "kid": "1"}, told, self.sign_with or self.key)
        # By hand: no library makes these.
        head = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": self.algorithm}, told))
        public = self.key.as_pem(private=False)
        proof = hmac.digest(public, head.encode(), "sha256") if self.algorithm == "HS256" else b""
        return f"{head}.{_base64(proof)}"

    def discovery(self) -> dict[str, Any]:
        """What it says of itself."""
        places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": self.issuer, **{name: self.issuer + path for name, path in places.items()}, **self.about}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def school() -> Iterator[School]:
    """Serve a school until the end of the block."""
    known = School()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, _query = self.path.partition("?")
            if path == "/authorize":
                self.send_response(302)
                self.send_header("Location", known.grant(self.path))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            answers = {
                "/.well-known/openid-configuration": known.discovery,
                "/keys": lambda: {"keys": [known.key.as_dict(private=False)]},
            }
            self._answer(200, answers[path]())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*known.token_for(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, data: dict[str, Any]) -> None:
            trouble = known.trouble.get(self.path)
            body = b"<p>Sorry" if trouble else json.dumps(data).encode()
            self.send_response(trouble or status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    known.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()
    thread.join()
