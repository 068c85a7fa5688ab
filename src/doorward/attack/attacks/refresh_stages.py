"""A refresh token stolen at each stage, and presented at once by thief and owner."""

from concurrent.futures import ThreadPoolExecutor

from ..attack import Attack
from ..attacker import Attacker
from ..target import Target
from ..verdict import Verdict, detected, held, not_applicable, succeeded

STAGES = 3
ROUNDS = 3


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode has no refresh tokens.")
    ended = 0
    for stage in range(STAGES):
        token = target.log_in().refresh
        for _ in range(stage):
            token = _next(target, token)
            if not token:
                raise AssertionError("an honest refresh was refused")
        owner = thief = token
        grown = 0
        for _ in range(ROUNDS):
            with ThreadPoolExecutor(2) as pool:
                one, two = pool.map(lambda text: _next(target, text), (owner, thief))
            if one and two and one != owner and two != thief:
                grown += 1
            owner, thief = one or owner, two or thief
        if grown > 1:
            return succeeded(f"Stolen after {stage} refreshes, a token moved on for both.")
        ended += not any(_next(target, token) for token in (owner, thief))
    if ended == STAGES:
        return detected(f"In each of {STAGES} stages, the theft was seen and the login ended.")
    return held(f"In {STAGES} stages, thief and owner never both had a line of tokens.")


def _next(target: Target, token: str) -> str:
    """The refresh token that the client goes on with; empty when it is refused."""
    answer = target.refresh(token)
    if answer.status >= 500:
        raise AssertionError(f"a refresh answered {answer.status}")
    return str(answer.json().get("refresh_token", token)) if answer.status == 200 else ""


ATTACK = Attack(
    id="refresh-stages",
    title="A refresh token stolen sooner or later",
    story="A thief copies a refresh token, right after the login or many refreshes later."
    " Thief and owner present it in the same moment, again and again."
    " Two lines of tokens that both go on are two logins, and one of them is the thief's.",
    references=("RFC 9700 section 4.14.2", "CWE-362", "ASVS V10.4.5"),
    defences=("refresh tokens are judged by their place",),
    run=_run,
)
