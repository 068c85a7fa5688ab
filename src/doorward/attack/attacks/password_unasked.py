"""A thief of a session who changes the password, to keep the account."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded

GUESSES: tuple[dict[str, object], ...] = (
    {},
    {"current": ""},
    {"current": None},
    {"current": []},
    {"current": True},
    {"current": "not the password"},
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim = target.log_in(target.sign_up())
    new = "the thief's own 1"
    for guess in GUESSES:
        answer = target.act(victim, "POST", "/api/password", guess | {"new": new})
        if answer.accepted or target.try_login(victim.account, new).accepted:
            return succeeded("The password was changed without the current one.")
    if not target.change_password(victim, new).accepted:
        raise AssertionError("the password can not be changed at all")
    return held("Nobody changed the password without the current one.")


ATTACK = Attack(
    id="password-unasked",
    title="A new password without the old one",
    story="A thief has a session for an hour, from an unlocked screen. They set a new password."
    " The owner is locked out for good if the application does not ask for the old one.",
    references=("CWE-620", "ASVS V6.2.3"),
    defences=("a change of password needs the current password",),
    run=_run,
)
