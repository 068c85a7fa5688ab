"""An access token that has expired."""

import json

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode
from ..verdict import Verdict, held, succeeded

LATE = 120
"""Seconds after the expiry: more than the tolerance for clocks."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    login = target.log_in()
    claims = json.loads(decode(login.credential.split(".")[1]))
    life = int(claims.get("exp", 3_600)) - int(claims.get("iat", 0))
    with target.node() as other:
        if other.me(login, login.credential).status != 200:
            raise AssertionError("another node refuses the access token before it expires")
    with target.node(ahead=life + LATE) as later:
        answer = later.me(login, login.credential)
    if answer.status == 200:
        return succeeded(
            f"An access token still worked {LATE} seconds after its life of {life} seconds."
        )
    if answer.status >= 500:
        raise AssertionError(f"the later node answered {answer.status}")
    if target.me(login).status != 200:
        raise AssertionError("the access token did not work before it expired either")
    return held(f"An access token was refused after its life of {life} seconds.")


ATTACK = Attack(
    id="expired-token",
    title="An expired access token",
    story="A thief finds an access token in a backup, or in a proxy's memory. The token has"
    " expired. A server that ignores the expiry, or accepts a token without one, lets the"
    " thief in for ever.",
    references=("RFC 7519 section 4.1.4", "CWE-613", "ASVS V9.2.1"),
    defences=("tokens expire",),
    run=_run,
)
