"""Odd claims under a valid signature."""

import json
import math
from typing import Any

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode
from ..verdict import Verdict, held, succeeded

FAR = 10**6
"""Seconds: more than the tolerance for clocks."""

GONE = object()


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    sign, login = target.operator.sign, target.log_in()
    claims = json.loads(decode(login.credential.split(".")[1]))
    same = json.dumps(claims)
    if target.me(login, sign(same.encode())).status != 200:
        raise AssertionError("the claims of a good token are refused when they are signed again")
    texts = {name: json.dumps(_changed(claims, odd)) for name, odd in _odd(claims).items()}
    texts["a claim twice"] = f'{same[:-1]}, "sub": {json.dumps(claims["sub"])}}}'
    texts["a claim twice, once escaped"] = f'{same[:-1]}, "s\\u0075b": "somebody"}}'
    texts |= {"a list": f"[{same}]", "a string": json.dumps(same), "null": "null", "nothing": ""}
    for name, text in texts.items():
        answer = target.me(login, sign(text.encode()))
        if answer.accepted:
            return succeeded(f"A token with {name} was accepted.")
        if answer.status >= 500:
            raise AssertionError(f"a token with {name} broke the server: {answer.status}")
    return held(f"None of {len(texts)} tokens with odd claims was accepted.")


def _changed(claims: dict[str, Any], odd: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (claims | odd).items() if value is not GONE}


def _odd(claims: dict[str, Any]) -> dict[str, dict[str, Any]]:
    now = int(claims.get("iat", 0))
    return {
        "an expiry in the past": {"exp": now - FAR, "iat": now - 2 * FAR},
        "a negative expiry": {"exp": -1},
        "an expiry as text": {"exp": str(now + 600)},
        "a fractional expiry": {"exp": now + 600.5},
        "an infinite expiry": {"exp": math.inf},
        "NaN as expiry": {"exp": math.nan},
        "true as expiry": {"exp": True},
        "a list as expiry": {"exp": [now + 600]},
        "no expiry": {"exp": GONE},
        "null as expiry": {"exp": None},
        "a not-before in the future": {"nbf": now + FAR},
        "a not-before as text": {"nbf": "0"},
        "an issue time in the future": {"iat": now + FAR, "exp": now + 2 * FAR},
        "no issue time": {"iat": GONE},
        "no audience": {"aud": GONE},
        "an empty audience": {"aud": []},
        "an object as audience": {"aud": {}},
        "another audience": {"aud": "https://other.example"},
        "another issuer": {"iss": "https://other.example"},
        "an issuer in capitals": {"iss": str(claims.get("iss", "")).upper() or "X"},
        "no issuer": {"iss": GONE},
        "a number as subject": {"sub": 1},
        "no subject": {"sub": GONE},
        "a list as subject": {"sub": [claims.get("sub")]},
        "no session id": {"sid": GONE},
        "roles as text": {"roles": "admin"},
        "a version as text": {"ver": "1"},
    }


ATTACK = Attack(
    id="odd-claims",
    title="Odd claims under a valid signature",
    story="An attacker gets odd claims signed, by another service with the same key or by a"
    " careless library. A server that accepts text as a time, or does not check issuer and"
    " audience, accepts the token. The token may then never expire.",
    references=("RFC 8725 section 3.8", "RFC 7519 section 4", "CWE-20", "CWE-1287", "ASVS V9.2.3"),
    defences=("claims are parsed strictly",),
    run=_run,
)
