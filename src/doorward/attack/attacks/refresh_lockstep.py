"""A thief who refreshes in turn with the owner."""

from ..attack import Attack
from ..attacker import Attacker
from ..target import Target
from ..verdict import Verdict, detected, held, not_applicable, succeeded

ROUNDS = 5


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    owner = thief = target.log_in().refresh
    if not owner:
        return not_applicable("A login gives no refresh token.")
    for at in range(ROUNDS):
        owner, thief = target.next_refresh_token(owner), target.next_refresh_token(thief)
        if not owner and at == 0:
            raise AssertionError("an honest refresh was refused")
        if not thief:
            return _ended(target, owner)
    return succeeded(f"Thief and owner both still refreshed after {ROUNDS} rounds.")


def _ended(target: Target, owner: str) -> Verdict:
    if target.next_refresh_token(owner):
        return held("The thief was refused, and the owner stays logged in.")
    return detected("The copy was recognised as stolen, and the login ended.")


ATTACK = Attack(
    id="refresh-lockstep",
    title="A stolen refresh token, used in turn with its owner",
    story="A thief copies a refresh token and stays one step behind its owner. Each of the two"
    " presents the newest token it got. The thief is never noticed if the server always"
    " accepts the previous token.",
    references=("RFC 9700 section 4.14", "ASVS V10.4.5"),
    defences=("reuse of a refresh token is detected",),
    run=_run,
)
