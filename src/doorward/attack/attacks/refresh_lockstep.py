"""A thief who refreshes in turn with the owner."""

from ..attack import Attack
from ..attacker import Attacker
from ..target import Target
from ..verdict import Verdict, detected, held, not_applicable, succeeded

ROUNDS = 5


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode has no refresh tokens.")
    owner = thief = target.log_in().refresh
    if not owner:
        return not_applicable("A login gives no refresh token.")
    for at in range(ROUNDS):
        owner, thief = _next(target, owner), _next(target, thief)
        if not owner and at == 0:
            raise AssertionError("an honest refresh was refused")
        if not thief:
            return _ended(target, owner)
    return succeeded(f"Thief and owner both still refreshed after {ROUNDS} rounds.")


def _next(target: Target, token: str) -> str:
    """The newest refresh token that `token` leads to; empty once it is refused."""
    answer = target.refresh(token) if token else None
    if answer is None or answer.status != 200:
        return ""
    return str(answer.json().get("refresh_token", token))


def _ended(target: Target, owner: str) -> Verdict:
    if _next(target, owner):
        return held("The thief was refused, and the owner goes on.")
    return detected("The copy was taken for theft, and the whole family ended.")


ATTACK = Attack(
    id="refresh-lockstep",
    title="A stolen refresh token, used in turn with its owner",
    story="A thief copies a refresh token and stays one step behind its owner."
    " Each of the two presents the newest token it got."
    " The thief is never noticed if the one before the newest is always good.",
    references=("RFC 9700 section 4.14", "ASVS V10.4.5"),
    defences=("refresh tokens are judged by their place",),
    run=_run,
)
