"""A form on another site that acts with the victim's cookies."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded

CAUSES = (
    [("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")],
    [("Origin", "http://evil.localhost"), ("Sec-Fetch-Site", "same-site")],
    [("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
    [("Origin", "http://evil.example")],
)
"""As browsers send them: another site, a sibling subdomain, a sandboxed frame, an old browser."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("A browser adds no bearer token by itself.")
    victim = target.log_in()
    for cause in CAUSES:
        headers = [*cause, *victim.headers()]
        answers = [
            target.client.send("POST", "/logout", headers, form={"a": "b"}),
            target.client.send(
                "POST", "/api/logout", [*headers, ("Content-Type", "text/plain")], body='{"a":"="}'
            ),
            target.client.send("DELETE", "/api/sessions", headers),
        ]
        for answer in answers:
            if answer.accepted:
                return succeeded(f"{answer.method} {answer.path} was accepted from {cause[0][1]}.")
    if target.me(victim).status != 200:
        return succeeded("A refused request ended the victim's session.")
    if not target.log_out(victim).accepted:
        raise AssertionError("the application's own page is refused as well")
    return held("Every request from another origin was refused, and the victim stays logged in.")


ATTACK = Attack(
    id="csrf",
    title="Cross-site request forgery",
    story="A victim who is logged in opens the attacker's page. Its form sends a request to the"
    " application, and the browser adds the cookies. The application obeys unless it checks"
    " where the request came from.",
    references=("CWE-352", "ASVS V3.5.1"),
    defences=("requests from other origins are refused",),
    run=_run,
)
