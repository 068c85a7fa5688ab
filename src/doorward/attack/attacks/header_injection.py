"""Line breaks in whatever an answer repeats."""

import http.client

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..verdict import Verdict, held, not_applicable, succeeded

NAME = "x-injected"
BREAKS = ("\r\n", "\n", "\r", "\u560d\u560a", "\x0b", "\x85", "\u2028", "%0d%0a", "%250d%250a")


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("Only the login page repeats in a header what it received.")
    person = target.person()
    for line in BREAKS:
        text = f"/x{line}{NAME}: 1{line}Set-Cookie: {NAME}=1"
        try:
            answer = target.send_form(person, return_to=text)
        except http.client.HTTPException:
            return succeeded(f"The line break {line!r} in return_to broke the answer.")
        if not answer.header("location"):
            raise AssertionError(f"the login page answered {answer.status} without Location")
        if _injected(answer):
            return succeeded(f"The line break {line!r} in return_to added a header.")
    for path in ("/account", "/login", "/nowhere"):
        for line in ("%0d%0a", "%0a", "%E5%98%8D%E5%98%8A"):
            for place in (f"{path}?return_to=/{line}{NAME}:1", f"{path}/{line}{NAME}:1"):
                if _injected(target.client.send("GET", place)):
                    return succeeded("A line break in the URL added a header.")
    return held("No line break got into a header of an answer.")


def _injected(answer: Exchange) -> bool:
    if answer.status >= 500:
        raise AssertionError(f"a line break broke the server: {answer.status}")
    return any(
        name.lower() == NAME or value.startswith(f"{NAME}=")
        for name, value in (*answer.received, *(("set-cookie", c) for c in answer.cookies()))
    )


ATTACK = Attack(
    id="header-injection",
    title="Header injection by line breaks",
    story="An attacker puts a line break into a URL that the answer repeats. What follows the"
    " break is a header of its own. It sets a cookie, or ends the answer early.",
    references=("CWE-113", "ASVS V1.2.1"),
    defences=("a login redirects to local paths only",),
    run=_run,
)
