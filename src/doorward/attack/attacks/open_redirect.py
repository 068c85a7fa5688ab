"""A login that redirects to the attacker's page."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded

PLACES = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/%2f/evil.example",
    "/..//evil.example",
    "http://localhost@evil.example",
    "/\u2215evil.example",
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("Only the login page redirects people.")
    victim = target.person()
    for place in PLACES:
        answer = target.send_form(victim, return_to=place)
        if not answer.header("location"):
            raise AssertionError(f"the login page answered {answer.status} without Location")
        if "evil" in answer.header("location") or "javascript" in answer.header("location"):
            return succeeded(f"The login redirected to {answer.header('location')!r}.")
    return held(f"The login redirected to none of {len(PLACES)} foreign URLs.")


ATTACK = Attack(
    id="open-redirect",
    title="An open redirect after the login",
    story="The attacker sends a link to the real login page, with a URL of their own in it. The"
    " victim logs in, and is redirected to a copy of the login page. They type their"
    " password once more, and the attacker has it.",
    references=("CWE-601", "ASVS V3.7.2"),
    defences=("a login redirects to local paths only",),
    run=_run,
)
