"""A refresh token that was stolen and is used after its owner moved on."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, detected, held, not_applicable, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode has no refresh tokens.")
    victim = target.log_in()
    newest = stolen = victim.refresh
    for _ in range(2):
        newest = str(target.refresh(newest).json()["refresh_token"])
    if target.refresh(stolen).status == 200:
        return succeeded("A refresh token from two rotations ago still gave out tokens.")
    if target.refresh(newest).status == 200:
        return held("The old refresh token was refused; its owner goes on.")
    return detected("The old refresh token was taken for theft, and its whole family ended.")


ATTACK = Attack(
    id="refresh-late",
    title="A stolen refresh token, used late",
    story="A thief copies a refresh token from a backup. Its owner refreshes twice meanwhile."
    " The thief has an endless login if old refresh tokens stay good.",
    references=("RFC 9700 section 4.14", "ASVS V10.4.5"),
    defences=("refresh tokens are judged by their place",),
    run=_run,
)
