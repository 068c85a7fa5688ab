"""A refresh token that thief and owner present at once, early and late in a login."""

from concurrent.futures import ThreadPoolExecutor

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, detected, held, succeeded

STAGES = 3
ROUNDS = 3


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    ended = 0
    for stage in range(STAGES):
        token = target.log_in().refresh
        for _ in range(stage):
            token = target.next_refresh_token(token)
            if not token:
                raise AssertionError("an honest refresh was refused")
        owner = thief = token
        grown = 0
        for _ in range(ROUNDS):
            with ThreadPoolExecutor(2) as pool:
                one, two = pool.map(target.next_refresh_token, (owner, thief))
            if one and two and one != owner and two != thief:
                grown += 1
            owner, thief = one or owner, two or thief
        if grown > 1:
            return succeeded(f"A token stolen after {stage} refreshes was renewed for both.")
        ended += not any(target.next_refresh_token(token) for token in (owner, thief))
    if ended == STAGES:
        return detected(f"At each of {STAGES} stages, the theft was noticed and the login ended.")
    return held(f"At none of {STAGES} stages could thief and owner both go on refreshing.")


ATTACK = Attack(
    id="refresh-stages",
    title="A refresh token stolen early or late",
    story="A thief copies a refresh token, right after the login or many refreshes later. Thief"
    " and owner present it in the same moment, again and again. If both keep getting new"
    " tokens, the thief has a login of their own.",
    references=("RFC 9700 section 4.14.2", "CWE-362", "ASVS V10.4.5"),
    defences=("reuse of a refresh token is detected",),
    run=_run,
)
