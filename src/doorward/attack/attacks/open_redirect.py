"""A login that sends people on to the attacker's page."""

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
        return not_applicable("Only the login page sends people on.")
    victim = target.person()
    for place in PLACES:
        answer = target.send_form(victim, return_to=place)
        if not answer.header("location"):
            raise AssertionError(f"the login page answered {answer.status} without Location")
        if "evil" in answer.header("location") or "javascript" in answer.header("location"):
            return succeeded(f"The login led to {answer.header('location')!r}.")
    return held(f"None of {len(PLACES)} foreign addresses was followed.")


ATTACK = Attack(
    id="open-redirect",
    title="A login that leads elsewhere",
    story="The attacker sends a link to the real login page, with an address of their own in it."
    " The victim logs in at the right place. They then type their password once more, on a copy.",
    references=("CWE-601", "ASVS V3.7.2"),
    defences=("a way back is a local path",),
    run=_run,
)
