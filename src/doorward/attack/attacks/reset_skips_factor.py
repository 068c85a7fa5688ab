"""A reset link, in place of the second factor."""

from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..jar import Jar
from ..second_step import begun, guarded, opened, prove
from ..target import Target
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target, operator = attacker.target, attacker.target.operator
    victim = guarded(target)
    steps = []
    for path in ("/reset", "/api/reset"):
        ticket = operator.reset_link(victim.account.email).partition("ticket=")[2]
        new = f"Throw-away of the lab, for {path}"
        answer = _reset(target, path, ticket, new)
        if not answer.accepted:
            raise AssertionError(f"the link does not work: {answer.status} {answer.text[:200]}")
        if found := _opens(target, answer):
            return succeeded(f"The link itself opened {found}.")
        login = target.try_login(replace(victim.account, password=new), new)
        if found := _opens(target, login):
            return succeeded(f"The password that the link set opened {found} by itself.")
        steps.append(begun(login))
    if not _opens(target, prove(target, steps[-1], victim.code())):
        raise AssertionError("the new password and a code do not log in")
    return held("The link set a password, with which the second factor was asked for all the same.")


def _reset(target: Target, path: str, ticket: str, new: str) -> Exchange:
    body = {"ticket": ticket, "new": new}
    if path == "/reset":
        return target.client.send("POST", path, target.own, form=body)
    return target.client.send("POST", path, target.own, data=body)


def _opens(target: Target, answer: Exchange) -> str:
    jar = Jar()
    jar.keep(answer.cookies())
    return opened(target, jar, str(answer.json().get("access_token", "")))


ATTACK = Attack(
    id="reset-skips-factor",
    title="A reset link in place of the second factor",
    story="A thief reads the victim's mail, and asks there for a new password. They use the link,"
    " and log in with what they chose. An application whose link logs in, or which forgets the"
    " second factor with the old password, is as strong as the mailbox.",
    references=("CWE-640", "CWE-308", "ASVS V6.4.3"),
    defences=("a second factor is asked for", "a reset link keeps the factors"),
    run=_run,
    ours=True,
)
