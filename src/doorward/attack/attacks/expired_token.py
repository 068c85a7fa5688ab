"""An access token after its time."""

import json

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode
from ..verdict import Verdict, held, not_applicable, succeeded

LATE = 120
"""Seconds after the end: more than clocks may differ."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode signs nothing.")
    login = target.log_in()
    claims = json.loads(decode(login.credential.split(".")[1]))
    life = int(claims.get("exp", 3_600)) - int(claims.get("iat", 0))
    with target.node() as other:
        if other.me(login, login.credential).status != 200:
            raise AssertionError("another node refuses the access token in its time")
    with target.node(ahead=life + LATE) as later:
        answer = later.me(login, login.credential)
    if answer.status == 200:
        return succeeded(f"An access token of {life} seconds worked {LATE} seconds after its end.")
    if answer.status >= 500:
        raise AssertionError(f"the later node answered {answer.status}")
    if target.me(login).status != 200:
        raise AssertionError("the access token was no good in its time either")
    return held(f"An access token of {life} seconds was refused after its end.")


ATTACK = Attack(
    id="expired-token",
    title="An access token after its time",
    story="A thief finds an access token in a backup, or in a proxy's memory."
    " Its time is over. A server that does not look at the time, or believes a token without one,"
    " lets the thief in for ever.",
    references=("RFC 8725 section 3.8", "CWE-613", "ASVS V9.2.1"),
    defences=("tokens expire",),
    run=_run,
)
