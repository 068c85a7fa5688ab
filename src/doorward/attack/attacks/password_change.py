"""A stolen session that outlives the change of the password."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim = target.log_in()
    thief = target.log_in(victim.account)
    answer = target.change_password(victim, f"changed {attacker.random.getrandbits(64):x}")
    if not answer.accepted:
        raise AssertionError(f"the password could not be changed: {answer.status} {answer.text}")
    if target.me(thief).status == 200:
        return succeeded("The thief's session still worked after the password was changed.")
    if thief.refresh and target.refresh(thief.refresh).status == 200:
        return succeeded("The thief's refresh token still worked after the password was changed.")
    if target.try_login(victim.account, victim.account.password).accepted:
        return succeeded("The old password still logged in.")
    return held("The change of the password ended the thief's session.")


ATTACK = Attack(
    id="password-change",
    title="A thief stays after the password is changed",
    story="A thief knows the password and is logged in. The owner changes the password."
    " The thief keeps what they have unless the change ends the other sessions.",
    references=("CWE-613", "ASVS V7.4.3"),
    defences=("a new password ends other sessions",),
    run=_run,
)
