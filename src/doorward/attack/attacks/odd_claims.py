"""Claims that nobody should have signed, under a good signature."""

import json
import math
from typing import Any

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode
from ..verdict import Verdict, held, not_applicable, succeeded

FAR = 10**6
"""Seconds; more than clocks may differ."""

GONE = object()


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode signs nothing.")
    sign, login = target.operator.sign, target.log_in()
    claims = json.loads(decode(login.credential.split(".")[1]))
    same = json.dumps(claims)
    if target.me(login, sign(same.encode())).status != 200:
        raise AssertionError("the claims of a good token are refused when they are signed again")
    texts = {name: json.dumps(_changed(claims, odd)) for name, odd in _odd(claims).items()}
    texts["a claim twice"] = f'{same[:-1]}, "sub": {json.dumps(claims["sub"])}}}'
    texts["a claim twice, once escaped"] = f'{same[:-1]}, "s\\u0075b": "somebody"}}'
    texts |= {"a list": f"[{same}]", "a text": json.dumps(same), "null": "null", "nothing": ""}
    for name, text in texts.items():
        answer = target.me(login, sign(text.encode()))
        if answer.accepted:
            return succeeded(f"A token with {name} was believed.")
        if answer.status >= 500:
            raise AssertionError(f"a token with {name} broke the server: {answer.status}")
    return held(f"None of {len(texts)} tokens with odd claims was believed.")


def _changed(claims: dict[str, Any], odd: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (claims | odd).items() if value is not GONE}


def _odd(claims: dict[str, Any]) -> dict[str, dict[str, Any]]:
    now = int(claims.get("iat", 0))
    return {
        "an end in the past": {"exp": now - FAR, "iat": now - 2 * FAR},
        "an end before its beginning": {"exp": -1},
        "an end as text": {"exp": str(now + 600)},
        "a fraction for an end": {"exp": now + 600.5},
        "an endless end": {"exp": math.inf},
        "an end that is no number": {"exp": math.nan},
        "true for an end": {"exp": True},
        "a list for an end": {"exp": [now + 600]},
        "no end": {"exp": GONE},
        "null for an end": {"exp": None},
        "a beginning in the future": {"nbf": now + FAR},
        "a beginning as text": {"nbf": "0"},
        "an issue in the future": {"iat": now + FAR, "exp": now + 2 * FAR},
        "no issue": {"iat": GONE},
        "no audience": {"aud": GONE},
        "an empty audience": {"aud": []},
        "an object for an audience": {"aud": {}},
        "another audience": {"aud": "https://other.example"},
        "another issuer": {"iss": "https://other.example"},
        "an issuer in capitals": {"iss": str(claims.get("iss", "")).upper() or "X"},
        "no issuer": {"iss": GONE},
        "a number for a person": {"sub": 1},
        "no person": {"sub": GONE},
        "a list for a person": {"sub": [claims.get("sub")]},
        "no session": {"sid": GONE},
        "roles as a text": {"roles": "admin"},
        "a version as text": {"ver": "1"},
    }


ATTACK = Attack(
    id="odd-claims",
    title="Odd claims under a good signature",
    story="An attacker gets odd claims signed: another instance of the same company shares the key,"
    " or a library signs whatever it is given. A reader that takes a text for a time, or does not"
    " look who issued the token for whom, believes it. It may then never expire.",
    references=("RFC 8725 section 3.8", "RFC 7519 section 4", "CWE-20", "CWE-1287", "ASVS V9.2.3"),
    defences=("claims are read strictly",),
    run=_run,
)
