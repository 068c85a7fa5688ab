"""Whether the victim of a detected theft is told."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, detected, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    victim = target.log_in(target.sign_up())
    stolen = newest = victim.refresh
    for _ in range(2):
        newest = str(target.refresh(newest).json()["refresh_token"])
    if target.refresh(stolen).status == 200:
        return succeeded("A stolen refresh token still worked, and nobody noticed.")
    again = target.log_in(victim.account)
    listed = target.act(again, "GET", "/api/history")
    if listed.status != 200:
        raise AssertionError(f"the history answered {listed.status}")
    entries = listed.json().get("entries", [])
    if not any(entry.get("kind") == "login" for entry in entries):
        raise AssertionError("the history does not even name the login")
    if not any(entry.get("kind") == "reused" for entry in entries):
        return succeeded("The theft was refused, but the victim's history does not show it.")
    return detected("The victim's history shows the theft and its time.")


ATTACK = Attack(
    id="theft-untold",
    title="A theft that its victim never hears of",
    story="A thief presents a stolen refresh token, and is refused. The owner sees a login page,"
    " and takes it for a fault. The thief steals the next token in the same way.",
    references=("RFC 9700 section 4.14.2", "CWE-778", "ASVS V6.3.5", "ASVS V16.3.3"),
    defences=("the history shows a detected theft",),
    run=_run,
)
