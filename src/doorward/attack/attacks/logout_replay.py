"""A credential that was stolen before the logout, used after it."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim = target.log_in()
    stolen, refresh = victim.credential, victim.refresh
    if target.me(victim, stolen).status != 200:
        raise AssertionError("the credential did not work before the logout")
    if not target.log_out(victim).accepted:
        raise AssertionError("the logout was refused")
    if target.me(victim, stolen).status == 200:
        return succeeded("The stolen credential still opened /api/me after the logout.")
    if refresh and target.refresh(refresh).status == 200:
        return succeeded("The stolen refresh token still worked after the logout.")
    return held("The credentials stolen before the logout were refused after it.")


ATTACK = Attack(
    id="logout-replay",
    title="Replay after logout",
    story="A thief copies a credential from a browser or a log. Its owner logs out. The copy"
    " still works if logging out only deletes the credential in the browser.",
    references=("ASVS V7.4.1", "CWE-613"),
    defences=("a logout ends the session on the server",),
    run=_run,
)
