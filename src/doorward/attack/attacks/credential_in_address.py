"""Credentials in URLs, which logs and histories keep."""

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, succeeded

NAMES = ("access_token", "token", "session", "sid", "sessionid", "jwt", "__Host-session")


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    login = target.log_in()
    shown = login.credential
    for name in NAMES:
        ways = (f"/api/me?{name}={shown}", f"/api/me;{name}={shown}", f"/api/me#{name}={shown}")
        for path in ways:
            if target.client.send("GET", path, target.own).status == 200:
                return succeeded(f"A credential in the URL, as {name}, was accepted.")
        answer = target.client.send("POST", "/api/me", target.own, form={name: shown})
        if answer.status == 200:
            return succeeded(f"A credential in a form, as {name}, was accepted.")
    if target.me(login).status != 200:
        raise AssertionError("the credential works nowhere")
    return held("No credential in a URL or a form was accepted.")


ATTACK = Attack(
    id="credential-in-address",
    title="A credential in a URL",
    story="An attacker sends a link that contains their own credential, or finds somebody's in a"
    " log. Whoever opens the link is logged in as the owner of the credential. A server that"
    " reads credentials from URLs makes both possible.",
    references=("RFC 9700 section 4.3.2", "CWE-598", "ASVS V14.2.1"),
    defences=("credentials in URLs are ignored",),
    run=_run,
)
