"""The token for one API, used at another."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import OtherApplication, third_party
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    own = app.tokens(victim, scope="openid")
    api = app.tokens(victim, scope="openid lab:read")
    wrong = {
        "token for an API": api["access_token"],
        "ID token": own["id_token"],
        "refresh token": own["refresh_token"],
        "credential of a login": victim.credential,
        "secret of the application": app.secret,
    }
    for kind, text in wrong.items():
        if _status(app, text) == 200:
            return succeeded(f"A {kind} opened the userinfo endpoint.")
        if kind != "token for an API" and app.send("introspect", token=text).json().get("active"):
            return succeeded(f"A {kind} was called a good access token.")
    if _status(app, own["access_token"]) != 200:
        raise AssertionError("the right token does not open the userinfo endpoint")
    return held(f"{len(wrong)} other tokens did not open the userinfo endpoint.")


def _status(app: OtherApplication, text: str) -> int:
    headers = [("Authorization", f"Bearer {text}")]
    return app.target.client.send("GET", "/oauth/userinfo", headers).status


ATTACK = Attack(
    id="grant-elsewhere",
    title="A token for one API, used at another",
    story="An API gets a token that was made for it, or an application has an ID token."
    " Its owner shows it at another API, here the one that tells who a person is. A"
    " server that checks signatures alone lets them in.",
    references=("RFC 8707 section 1", "RFC 8725 section 3.9", "CWE-345", "ASVS V9.2.3"),
    defences=("a token is for one API",),
    run=_run,
    ours=True,
)
