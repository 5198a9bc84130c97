"""No secret lies in a file that is kept in the repository."""

import re
import subprocess

import pytest

from tests.running import ROOT

# What keys look like that somebody may have pasted. Those made up for tests and examples say so in themselves.
SECRETS = {
    "key of OpenAI": r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,}",
    "ephemeral key of OpenAI": r"\bek_[0-9a-f]{32,}",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "token of GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})",
    "token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "key of AWS": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "key of Google": r"\bAIza[A-Za-z0-9_-]{35}",
    "token of Slack": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "token of PyPI": r"\bpypi-[A-Za-z0-9_-]{50,}",
    "token of npm": r"\bnpm_[A-Za-z0-9]{36}\b",
    "bearer token": r"\b[Bb]earer [A-Za-z0-9_.~+/-]{40,}",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}",
    "password in an address": r"\b(?:postgres(?:ql)?|rediss?|https?|amqps?)://[^\s:/@\"'{}$]+:[^\s:/@\"'{}$…]{8,}@",
    "secret of Django": r"(?m)^\s*SECRET_KEY\s*=\s*[\"']?[A-Za-z0-9!@#$%^&*()_=+-]{40,}",
}
_SECRET = {name: re.compile(pattern) for name, pattern in SECRETS.items()}
# In a string that is plainly none.
_MADE_UP = re.compile(
    r"SENTINEL|made-up|0123456789|abcdefghij|only-for-this-test|only-while-building|user:password@"
    # A made-up one of the protocol's documents.
    r"|ek_68af296e8e408191a1120ab6383263c2",
    re.IGNORECASE,
)


def found_in(text: str) -> list[str]:
    """Return what kinds of secrets a text has."""
    return [
        name for name, pattern in _SECRET.items() if any(not _MADE_UP.search(hit[0]) for hit in pattern.finditer(text))
    ]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout")
def test_no_file_that_is_kept_has_a_secret() -> None:
    texts = {name: (ROOT / name).read_bytes().decode(errors="replace") for name in tracked() if (ROOT / name).is_file()}

    assert len(texts) > 400
    assert {name: found for name, text in texts.items() if (found := found_in(text))} == {}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout")
def test_what_holds_secrets_is_not_kept() -> None:
    names = {name.rpartition("/")[2] for name in tracked()}

    assert {name for name in names if name == ".env" or name.endswith((".pem", ".key", ".p12", ".sqlite3"))} == set()


# In pieces, so that this very file has none.
PLANTED = {
    "key of OpenAI": "OPENAI_API_KEY=sk-" + "proj-" + "Zq7" * 14,
    "ephemeral key of OpenAI": "ek" + "_" + "68af296e" * 5,
    "private key": "-----BEGIN RSA" + " PRIVATE KEY-----",
    "token of GitHub": "ghp" + "_" + "Ab3x" * 9,
    "token of GitLab": "glpat" + "-" + "Ab3x" * 6,
    "key of AWS": "AKIA" + "QW3RTYUIOPASDFGH",
    "key of Google": "AIza" + "Sy7" * 11 + "Qx",
    "token of Slack": "xoxb" + "-12" + "3456-Ab3xAb3xAb3xAb3x",
    "token of PyPI": "pypi" + "-" + "AgEI" * 15,
    "token of npm": "npm" + "_" + "Ab3x" * 9,
    "bearer token": "Authorization: Bearer" + " " + "Zq7x" * 12,
    "JSON web token": "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0NTY3." + "Zq7x" * 6,
    "password in an address": "postgres" + "://viva:hunter2hunter2" + "@db.example.org/viva",
    "secret of Django": "SECRET_KEY" + " = '" + "q8!x" * 12 + "'",
}


def test_every_kind_is_planted() -> None:
    assert set(PLANTED) == set(SECRETS)


@pytest.mark.parametrize("kind", PLANTED)
def test_planted_secret_is_found(kind: str) -> None:
    assert kind in found_in(f"some text\n{PLANTED[kind]}\nmore")


@pytest.mark.parametrize(
    "text",
    ["SECRET_KEY=", "sk-made-up", "ask-me-anything-about-this-very-long-hyphenated-word-here", "Bearer $TOKEN",
     "postgres://viva:viva@127.0.0.1:5432/viva", "postgres://viva:${POSTGRES_PASSWORD:?}@postgres:5432/viva"],
)  # fmt: skip
def test_what_is_no_secret_is_let_pass(text: str) -> None:
    assert found_in(text) == []
