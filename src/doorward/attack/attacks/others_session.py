"""Ending a session by the public id of somebody else's (IDOR)."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    thief, victim = target.log_in(), target.log_in()
    listed = target.act(victim, "GET", "/api/sessions").json().get("sessions", [])
    own = target.me(victim).json().get("sid")
    sids = [each["sid"] for each in listed if each.get("sid") and own in (None, each["sid"])]
    if not sids:
        return not_applicable("The application lists no ids of sessions.")
    for sid in sids:
        for shown in (sid, sid.upper(), f"{sid}%00", f"{sid}/", f"../sessions/{sid}"):
            answer = target.act(thief, "DELETE", f"/api/sessions/{shown}")
            if answer.accepted or target.me(victim).status != 200:
                return succeeded("One person ended the session of another.")
    if not target.act(victim, "DELETE", f"/api/sessions/{sids[0]}").accepted:
        raise AssertionError("nobody can end a session by its id")
    return held("Nobody ended somebody else's session by its id.")


ATTACK = Attack(
    id="others-session",
    title="Ending somebody else's session",
    story="An attacker learns the public id of a session, from a screenshot or a log. They ask to"
    " end it, logged in as themselves. A server that checks only the id ends the session.",
    references=("CWE-639", "ASVS V8.2.2"),
    defences=("only the owner ends a session by its id",),
    run=_run,
)
