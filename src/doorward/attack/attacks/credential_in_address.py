"""Credentials where logs and histories keep them."""

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
                return succeeded(f"A credential in the address, as {name}, was taken.")
        answer = target.client.send("POST", "/api/me", target.own, form={name: shown})
        if answer.status == 200:
            return succeeded(f"A credential in a form, as {name}, was taken.")
    if target.me(login).status != 200:
        raise AssertionError("the credential works nowhere")
    return held("A credential in an address or a form opened nothing.")


ATTACK = Attack(
    id="credential-in-address",
    title="A credential in an address",
    story="An attacker sends a link with a credential of their own in it, or finds one in a log."
    " Whoever follows the link is somebody else without knowing it."
    " A server that reads credentials from addresses makes both possible.",
    references=("RFC 9700 section 4.3.2", "CWE-598", "ASVS V14.2.1"),
    defences=("addresses hold no credentials",),
    run=_run,
)
