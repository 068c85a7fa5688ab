"""Session puzzling: the state of other flows, used as a login."""

from ..attack import Attack
from ..attacker import Attacker
from ..target import Login, Target
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    login = target.log_in()
    tried = 0
    for text in dict.fromkeys([*_begun(target, login), *_beside(target, login)]):
        tried += 1
        if target.me(login, text).status == 200:
            return succeeded("A value from another flow opened the victim's account.")
    if not tried:
        raise AssertionError("no flow gave out anything")
    return held(f"None of {tried} values from other flows was accepted as a login.")


def _begun(target: Target, login: Login) -> list[str]:
    """The cookies of somebody who began a flow for the victim and proved nothing."""
    person = {"email": login.account.email, "password": "a wrong password"}
    answers = [
        target.client.send("POST", path, target.own, form=person)
        for path in ("/forgot", "/login", "/elevate", "/reset")
    ]
    answers.append(target.client.send("GET", "/login"))
    cookies = [header for answer in answers for header in answer.cookies()]
    return [text for header in cookies if (text := header.partition(";")[0].partition("=")[2])]


def _beside(target: Target, login: Login) -> list[str]:
    """What a login gives out beside the credential."""
    seen = target.me(login).json()
    texts = [str(seen.get(name, "")) for name in ("csrf_token", "sid", "subject")]
    texts += [value for name, value in login.jar.cookies.items() if name != login.cookie]
    return [text for text in [*texts, login.refresh] if text]


ATTACK = Attack(
    id="session-puzzling",
    title="Session puzzling",
    story="An attacker begins something for the victim, such as a new password, and stops there."
    " They open a page that needs a login, with the cookie of that first step. An"
    " application that keeps both in one place accepts it as a login.",
    references=("CWE-384", "CWE-841", "ASVS V7.2.1"),
    defences=("only credentials log anybody in",),
    run=_run,
)
