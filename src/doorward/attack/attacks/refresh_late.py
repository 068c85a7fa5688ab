"""A stolen refresh token, used after its owner has refreshed."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, detected, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    victim = target.log_in()
    newest = stolen = victim.refresh
    for _ in range(2):
        newest = str(target.refresh(newest).json()["refresh_token"])
    if target.refresh(stolen).status == 200:
        return succeeded("A refresh token from two rotations ago still worked.")
    if target.refresh(newest).status == 200:
        return held("The old refresh token was refused; its owner stays logged in.")
    return detected("The old refresh token was recognised as stolen, and the login ended.")


ATTACK = Attack(
    id="refresh-late",
    title="A stolen refresh token, used late",
    story="A thief copies a refresh token from a backup. Its owner refreshes twice meanwhile. The"
    " thief has an endless login if old refresh tokens stay valid.",
    references=("RFC 9700 section 4.14", "ASVS V10.4.5"),
    defences=("reuse of a refresh token is detected",),
    run=_run,
)
