"""A theft that was noticed, and whether its victim is told."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, detected, not_applicable, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.mode != "token":
        return not_applicable("Session mode has no refresh tokens.")
    victim = target.log_in(target.sign_up())
    stolen = newest = victim.refresh
    for _ in range(2):
        newest = str(target.refresh(newest).json()["refresh_token"])
    if target.refresh(stolen).status == 200:
        return succeeded("A stolen refresh token gave out tokens, and nothing was noticed.")
    again = target.log_in(victim.account)
    listed = target.act(again, "GET", "/api/history")
    if listed.status != 200:
        raise AssertionError(f"the history answered {listed.status}")
    entries = listed.json().get("entries", [])
    if not any(entry.get("kind") == "login" for entry in entries):
        raise AssertionError("the history does not even name the login")
    if not any(entry.get("kind") == "reused" for entry in entries):
        return succeeded("The theft was refused, and the victim's history does not name it.")
    return detected("The victim's history names the theft, and when it was tried.")


ATTACK = Attack(
    id="theft-untold",
    title="A theft of which nobody hears",
    story="A thief shows a stolen refresh token, and is refused. The owner sees a login page, and"
    " takes it for a fault. The thief, who still has the way by which the token was stolen, comes"
    " again.",
    references=("RFC 9700 section 4.14.2", "CWE-778", "ASVS V16.3.3"),
    defences=("a theft is entered in the history",),
    run=_run,
)
