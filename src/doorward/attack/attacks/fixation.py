"""A credential planted in a browser before its owner logs in."""

from ..attack import Attack
from ..attacker import Attacker
from ..jar import Jar
from ..verdict import Verdict, held, not_applicable, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("A bearer client keeps no cookies, so nothing can be planted.")
    thief = target.log_in()
    planted = dict(thief.jar.cookies)
    refresh = thief.refresh
    victim = target.log_in(jar=Jar(dict(planted)))
    if set(planted.values()) & set(victim.jar.cookies.values()):
        return succeeded("The login kept the credential that was planted before it.")
    seen = target.me(victim, planted[thief.cookie])
    if seen.json().get("subject") == victim.account.subject:
        return succeeded("The planted credential opened the victim's account.")
    if seen.status == 200:
        return succeeded("The planted credential still worked after the login.")
    if refresh and target.refresh(refresh).status == 200:
        return succeeded("The planted refresh token still worked after the login.")
    return held("The login made a new credential and ended the planted one.")


ATTACK = Attack(
    id="fixation",
    title="Session fixation",
    story="An attacker plants a session id of their own in the victim's browser."
    " The victim logs in. A server that keeps the id has given the attacker the session.",
    references=("CWE-384", "ASVS V7.2.4"),
    defences=("a login ends the session that the request carried",),
    run=_run,
)
