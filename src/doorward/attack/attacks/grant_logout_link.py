"""A link of an application that logs a victim out, or leads them on."""

from urllib.parse import urlencode

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..third_party import CALLBACK, CROSS_SITE, OtherApplication, destination, third_party
from ..verdict import Verdict, held, succeeded
from .csrf import CAUSES

NEIGHBOURS = (f"{CALLBACK}/", f"{CALLBACK}?x=1", f"{CALLBACK}.evil.example", "https://evil.example")


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, thief, victim = third_party(target), target.log_in(), target.log_in()
    own = app.tokens(victim, scope="openid")["id_token"]
    stolen = app.tokens(thief, scope="openid")["id_token"]
    jar, send = victim.jar.header(), target.client.send
    for said in (f"client_id={app.client_id}", f"id_token_hint={stolen}", "", "state=x"):
        for method in ("GET", "POST"):
            send(method, f"/oauth/logout?{said}", [*CROSS_SITE, *jar])
    for cause in CAUSES:
        send("POST", "/oauth/logout/confirm", [*cause, *jar], form={"query": ""})
    if target.me(victim).status != 200:
        return succeeded("A link or form of another site logged the victim out.")
    for uri in NEIGHBOURS:
        for hint in ({"id_token_hint": own}, {"client_id": app.client_id}):
            if destination(_ask(app, jar, post_logout_redirect_uri=uri, **hint)):
                return succeeded(f"The logout led on to {uri}, which nobody registered.")
    answer = _ask(app, jar, id_token_hint=own, post_logout_redirect_uri=CALLBACK)
    if destination(answer) != CALLBACK or target.me(victim).status == 200:
        raise AssertionError(f"an honest logout was answered {answer.status}")
    return held("Only the ID token of the victim's own login logged out without a question.")


def _ask(app: OtherApplication, jar: list[tuple[str, str]], **said: str) -> Exchange:
    path = f"/oauth/logout?{urlencode(said)}"
    return app.target.client.send("GET", path, [*CROSS_SITE, *jar])


ATTACK = Attack(
    id="grant-logout-link",
    title="A logout that another site wants",
    story="An attacker sends a victim a link to the logout of applications, with an ID token of"
    " their own, or with an address of theirs as the way on. The victim is logged out without a"
    " question, or arrives at the attacker. There a copy of the login page waits.",
    references=("OpenID Connect RP-Initiated Logout 1.0", "CWE-352", "CWE-601", "ASVS V10.6.2"),
    defences=("a logout asks who did not begin it",),
    run=_run,
    ours=True,
)
