"""A token for a session that never existed, signed with a leaked key."""

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
        unknown = {"sid": f"{attacker.random.getrandbits(128):032x}", "jti": f"unknown-{number}"}
        forged.append(operator.sign(json.dumps(claims | unknown).encode()))
    with target.node() as other:
        believed = [each.me(victim, forged[0]).status == 200 for each in (target, other)]
        if _lasts(target, victim, forged[1]):
            return succeeded("A forged token was exchanged for a credential that lasts.")
        operator.compromise(str(header_of(forged[0]).get("kid", "")))
        for name, where in {"first": target, "other": other}.items():
            if any(where.me(victim, token).status == 200 for token in forged):
                return succeeded(f"The {name} node accepted it after the key was withdrawn.")
    if target.refresh(victim.refresh).status != 200:
        raise AssertionError("the victim was logged out as well")
    until = "worked until the key was withdrawn" if any(believed) else "never worked"
    return held(f"The forged token {until}, and was exchanged for nothing that lasts.")


def _lasts(target: Target, victim: Login, token: str) -> bool:
    """Whether the server gives the thief credentials of its own for the token."""
    thief = replace(victim, bearer=token, jar=type(victim.jar)({victim.cookie: token}))
    answers = [
        target.refresh(token),
        target.act(thief, "POST", "/api/elevate", {"password": "not the password"}),
        target.act(thief, "POST", "/api/password", {"new": "the thief's own 1"}),
    ]
    return any(each.accepted or set(LASTING) & set(each.json()) for each in answers)


ATTACK = Attack(
    id="leaked-key-session",
    title="A session that never existed",
    story="A thief has the key that signs access tokens, and signs one for a session that never"
    " existed. No list shows that session, so nobody can end it. If only the ends of known"
    " sessions count, the thief stays logged in.",
    references=("CWE-321", "CWE-613", "RFC 9068 section 4", "ASVS V11.2.2"),
    defences=("a withdrawn key verifies nothing",),
    run=_run,
)
