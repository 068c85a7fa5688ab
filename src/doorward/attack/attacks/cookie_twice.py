"""Two cookies with the same name."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("A bearer client sends no cookies.")
    thief, victim = target.log_in(), target.log_in()
    name, one, two = victim.cookie, thief.credential, victim.credential
    for first, second in ((one, two), (two, one)):
        shapes = (
            [("Cookie", f"{name}={first}; {name}={second}")],
            [("Cookie", f"{name}={first}"), ("Cookie", f"{name}={second}")],
        )
        for headers in shapes:
            if target.client.send("GET", "/api/me", headers).status == 200:
                return succeeded("A request with two cookies of the same name was accepted.")
    return held("A request with two cookies of the same name was refused.")


ATTACK = Attack(
    id="cookie-twice",
    title="Two cookies with the same name",
    story="A sibling subdomain sets a cookie with the same name as the session's. The browser"
    " sends both. A server that takes the first or the last serves the victim in the"
    " attacker's session.",
    references=("RFC 6265 section 8.6", "CWE-565"),
    defences=("duplicate cookies are refused",),
    run=_run,
)
