"""A code that the next site reads in the header Referer."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import destination, said_by, third_party
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    page = app.authorize(victim)
    answers = {
        "the page after the consent": app.allow(victim),
        "the redirect": app.authorize(victim),
    }
    for what, answer in answers.items():
        if "code" not in said_by(answer):
            raise AssertionError(f"{what} leads to {destination(answer)}")
        if answer.header("Referrer-Policy") != "no-referrer":
            return succeeded(f"{what} lets the browser tell the next site its address.")
        if "no-store" not in answer.header("Cache-Control"):
            return succeeded(f"{what} may be kept in a cache, with the code.")
    if page.header("Referrer-Policy") not in ("no-referrer", "same-origin"):
        return succeeded("The page that asks lets other sites read the request.")
    return held("No answer with a code is cached, or named to the next site.")


ATTACK = Attack(
    id="code-in-referer",
    title="A code in the header Referer",
    story="The page or redirect that hands over a code has an address, and loads or opens"
    " something else. The browser names the address there. Whoever runs that other"
    " site reads the code, and is faster than the application.",
    references=("RFC 9700 section 4.2", "CWE-200", "ASVS V3.4.5"),
    defences=("no site is told where a code came from",),
    run=_run,
    ours=True,
)
