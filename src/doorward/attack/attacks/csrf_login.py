"""A form on another site that logs the victim in as the attacker."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded
from .csrf import CAUSES


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("A browser keeps no bearer token by itself.")
    thief = target.person()
    victim = target.log_in()
    for cause in CAUSES:
        headers = [*cause, *victim.headers()]
        answer = target.send_form(thief, headers)
        if any("=;" not in cookie for cookie in answer.cookies()):
            return succeeded(f"A form from {cause[0][1]} logged the victim in as the attacker.")
    if not target.send_form(thief).cookies():
        raise AssertionError("the form of the application's own page logs nobody in")
    return held("No login from another origin set a cookie.")


ATTACK = Attack(
    id="csrf-login",
    title="Login CSRF",
    story="The attacker's page sends the login form with the attacker's own password. The"
    " victim's browser is then logged in as the attacker. Whatever the victim enters next is"
    " stored in the attacker's account.",
    references=("CWE-352", "ASVS V7.6.2"),
    defences=("requests from other origins are refused",),
    run=_run,
)
