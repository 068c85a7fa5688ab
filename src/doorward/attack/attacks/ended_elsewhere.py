"""A session that its owner ends from another browser."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    owner = target.log_in(target.sign_up())
    thief = target.log_in(owner.account)
    if target.me(thief).status != 200:
        raise AssertionError("the thief was never in")
    ended = target.act(owner, "DELETE", "/api/sessions")
    if not ended.accepted:
        raise AssertionError(f"the other sessions could not be ended: {ended.status}")
    if target.me(thief).status == 200:
        return succeeded(
            "The session still worked after its owner had ended it in another browser."
        )
    if thief.refresh and target.refresh(thief.refresh).status == 200:
        return succeeded("The refresh token still worked after its owner had ended the session.")
    if target.me(owner).status != 200:
        raise AssertionError("the owner was logged out as well")
    return held("The next request of the ended session was refused.")


ATTACK = Attack(
    id="ended-elsewhere",
    title="A session ended from another browser",
    story="A thief is logged in with a stolen password. The owner finds the session in the list,"
    " and ends it. The thief stays in for as long as the server accepts tokens without"
    " looking up the session.",
    references=("CWE-613", "ASVS V7.4.1", "ASVS V7.5.2"),
    defences=("people can end their other sessions",),
    run=_run,
)
