"""A permission of weeks, given by a stolen token of minutes."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import destination, said_by, third_party
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    app.allow(victim)
    if "code" not in said_by(app.authorize(victim)):
        raise AssertionError("the person in the browser gets no code")
    bearer = [("Authorization", f"Bearer {victim.credential}")]
    if target.client.send("GET", "/api/me", bearer).status != 200:
        raise AssertionError("the stolen token opens nothing at all")
    for more in ({}, {"prompt": "none"}, {"prompt": "consent"}):
        answer = app.authorize(None, bearer, **more)
        if answer.status == 200 or "code" in said_by(answer):
            return succeeded("A stolen token was enough to let an application in.")
        if not destination(answer):
            raise AssertionError(f"the request was answered {answer.status}")
    return held("Only the browser in which the person is logged in lets an application in.")


ATTACK = Attack(
    id="consent-by-token",
    title="A permission given by a stolen token",
    story="A thief holds an access token that dies in minutes. With it they let an"
    " application of their own act for the victim. The permission lives for months,"
    " and no logout of the victim ends it.",
    references=("RFC 9700 section 4.14", "CWE-269", "ASVS V10.7.1"),
    defences=("only a browser lets applications in",),
    run=_run,
    ours=True,
)
