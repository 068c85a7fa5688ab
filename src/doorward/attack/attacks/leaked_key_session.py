"""A session that never was, in a token that a leaked key signed."""

import json
from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, header_of
from ..target import Login, Target
from ..verdict import Verdict, held, succeeded

TOKENS = 4
LASTING = ("access_token", "refresh_token", "token")


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    operator, victim = target.operator, target.log_in(target.sign_up())
    claims = json.loads(decode(victim.credential.split(".")[1]))
    forged = []
    for number in range(TOKENS):
        never = {"sid": f"{attacker.random.getrandbits(128):032x}", "jti": f"never-{number}"}
        forged.append(operator.sign(json.dumps(claims | never).encode()))
    with target.node() as other:
        believed = [each.me(victim, forged[0]).status == 200 for each in (target, other)]
        if _lasts(target, victim, forged[1]):
            return succeeded("A token of a session that never was got one that lasts.")
        operator.compromise(str(header_of(forged[0]).get("kid", "")))
        for place, where in {"first": target, "other": other}.items():
            if any(where.me(victim, token).status == 200 for token in forged):
                return succeeded(f"On the {place} node it was taken after the key was withdrawn.")
    if target.refresh(victim.refresh).status != 200:
        raise AssertionError("the victim was logged out as well")
    until = "until the key was withdrawn" if any(believed) else "at no time"
    return held(f"A token of a session that never was worked {until}, and got nothing that lasts.")


def _lasts(target: Target, victim: Login, token: str) -> bool:
    """Whether the token leads to credentials that its key did not sign for the thief."""
    thief = replace(victim, bearer=token, jar=type(victim.jar)({victim.cookie: token}))
    answers = [
        target.refresh(token),
        target.act(thief, "POST", "/api/elevate", {"password": "not the password"}),
        target.act(thief, "POST", "/api/password", {"new": "the thief's own 1"}),
    ]
    return any(each.accepted or set(LASTING) & set(each.json()) for each in answers)


ATTACK = Attack(
    id="leaked-key-session",
    title="A session that never was",
    story="A thief has the key that signs access tokens, and names a session that never existed."
    " No list shows it, so nobody can end it there, and it was never marked as ended."
    " It goes on for ever if only sessions that are known are looked at.",
    references=("CWE-321", "CWE-613", "RFC 9068 section 4", "ASVS V11.2.2"),
    defences=("a withdrawn key verifies nothing",),
    run=_run,
)
