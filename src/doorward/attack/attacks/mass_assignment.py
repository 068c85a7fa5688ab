"""Mass assignment: unexpected members in the bodies of sign-up and refresh."""

from typing import Any

from ..attack import Attack
from ..attacker import Attacker
from ..target import Account, Login, Target
from ..verdict import Verdict, held, succeeded

WISHES: tuple[dict[str, Any], ...] = (
    {"role": "admin"},
    {"roles": ["admin"]},
    {"is_admin": True, "admin": True},
    {"scope": "admin", "scopes": ["admin"]},
    {"user": {"roles": ["admin"]}, "claims": {"roles": ["admin"]}},
    {"email_verified": True, "verified": True, "amr": ["mfa"], "locked_at": None},
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    before = target.log_in()
    usual = _powers(target, before, before.credential)
    for wish in WISHES:
        wish = wish | {"subject": before.account.subject, "sub": before.account.subject}
        login = target.log_in(_sign_up(target, wish))
        found = target.me(login).json()
        if _powers(target, login, login.credential) != usual:
            return succeeded(f"A sign-up granted itself {', '.join(wish)}.")
        if found.get("subject") == before.account.subject:
            return succeeded("A sign-up took the subject of somebody else.")
        if login.refresh:
            body = {"refresh_token": login.refresh} | wish
            answer = target.client.send("POST", "/api/refresh", target.own, data=body)
            token = str(answer.json().get("access_token", ""))
            if answer.status == 200 and _powers(target, login, token) != usual:
                return succeeded(f"A refresh granted itself {', '.join(wish)}.")
    return held("Unexpected members of a body changed nothing.")


def _sign_up(target: Target, wish: dict[str, Any]) -> Account:
    """An account whose sign-up asked for more."""
    usual = target.sign_up()
    name, _, domain = usual.email.partition("@")
    body = {"email": f"{name}w@{domain}", "password": usual.password}
    answer = target.ask_for_account(wish | body)
    if answer.status >= 300:  # refused with all that it asked for
        return usual
    target.accounts.append(body["email"])
    return Account(body["email"], usual.password, str(answer.json().get("subject", "")))


def _powers(target: Target, login: Login, credential: str) -> object:
    answer = target.me(login, credential)
    if answer.status != 200:
        raise AssertionError(f"/api/me answered {answer.status}")
    names = ("role", "roles", "scopes", "amr", "is_admin", "email_verified")
    return {name: answer.json().get(name) for name in names}


ATTACK = Attack(
    id="mass-assignment",
    title="A sign-up that grants itself roles",
    story="An attacker signs up, and adds roles and a subject to the body. They do the same when"
    " they refresh. A server that stores whatever it receives makes them an administrator.",
    references=("CWE-915", "ASVS V15.3.3"),
    defences=("unexpected members of a body are ignored",),
    run=_run,
)
