"""The token of an application, where only people may be."""

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import third_party
from ..verdict import Verdict, held, succeeded

PATHS = ("/api/me", "/api/sessions", "/api/history", "/api/account/data", "/api/applications")
MORE = ("/api/admin/users", "/api/forward-auth", "/account", "/admin")
COOKIES = ("__Host-session", "__Host-access", "__Host-refresh")


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    given = app.tokens(victim) | {"of userinfo": app.tokens(victim, scope="openid")["access_token"]}
    tokens = {kind: text for kind, text in given.items() if len(str(text)) > 40}
    tried = 0
    for kind, text in tokens.items():
        shown = [("Authorization", f"Bearer {text}"), *(("Cookie", f"{c}={text}") for c in COOKIES)]
        for header in shown:
            for path in (*PATHS, *MORE):
                tried += 1
                if target.client.send("GET", path, [header]).status == 200:
                    return succeeded(f"The {kind} of an application opened {path}.")
        if target.refresh(text).status == 200:
            return succeeded(f"The {kind} of an application gave the tokens of a login.")
    if not app.lives(given):
        raise AssertionError("the tokens work nowhere")
    return held(f"{len(tokens)} tokens of an application opened nothing in {tried} tries.")


ATTACK = Attack(
    id="grant-as-login",
    title="The token of an application, used as a login",
    story="A person lets an application do one small thing. Its owner shows the token to"
    " the pages and routes of the account. If they take it for a login, the"
    " application may do everything.",
    references=("RFC 9068 section 4", "CWE-863", "ASVS V9.2.3"),
    defences=("a token serves only its own purpose",),
    run=_run,
    ours=True,
)
