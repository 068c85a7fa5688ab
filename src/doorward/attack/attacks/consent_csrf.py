"""A consent that another site gives for the victim."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import form_of, said_by, third_party
from ..verdict import Verdict, held, succeeded
from .csrf import CAUSES


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim, thief = third_party(target), target.log_in(), target.log_in()
    form = form_of(app.authorize(victim)) | {"decision": "allow"}
    query, token = form["query"], form_of(app.authorize(thief))["csrf_token"]
    send, jar = target.client.send, victim.jar.header()
    for cause in CAUSES:
        for fields in ({"query": query, "decision": "allow"}, form):
            answer = send("POST", "/oauth/consent", [*cause, *jar], form=fields)
            if answer.accepted:
                return succeeded(f"A consent was accepted from {cause[0][1]}.")
    others = [
        send("POST", "/oauth/consent", [*target.own, *jar], form={**form, "csrf_token": token}),
        send("GET", f"/oauth/consent?{query}&decision=allow", jar),
    ]
    if any("code" in said_by(answer) for answer in others):
        return succeeded("A consent without the victim's own form gave a code.")
    if "code" in said_by(app.authorize(victim, prompt="none")):
        return succeeded("A refused consent counted all the same.")
    if "code" not in said_by(app.allow(victim)):
        raise AssertionError("the page of the server itself is refused as well")
    return held("Only the form of the server's own page gave a consent.")


ATTACK = Attack(
    id="consent-csrf",
    title="A consent from another site",
    story="A victim who is logged in opens the attacker's page. Its form allows the"
    " attacker's application everything, and the browser adds the cookies. The"
    " attacker acts for the victim without a question.",
    references=("RFC 6749 section 10.12", "CWE-352", "ASVS V10.7.1"),
    defences=("requests from other origins are refused",),
    run=_run,
    ours=True,
)
