"""The right password of an account with a second factor, and nothing else."""

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..jar import Jar
from ..second_step import Guarded, Step, begun, guarded, opened, prove
from ..target import Target
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim = guarded(target)
    first = target.try_login(victim.account, victim.account.password)
    for answer in (first, target.send_form(victim.account)):
        if found := _opens(target, answer):
            return succeeded(f"The password alone opened {found}.")
    step = begun(first)
    if found := opened(target, step.jar, step.ticket):
        return succeeded(f"The ticket of the second step opened {found} in place of a credential.")
    if _enrols(target, step):
        return succeeded("Whoever knows the password set up an app of their own.")
    return _check_alive(target, victim, step)


def _opens(target: Target, answer: Exchange) -> str:
    jar = Jar()
    jar.keep(answer.cookies())
    body = answer.json()
    return opened(target, jar, str(body.get("access_token", "")), *jar.cookies.values())


def _enrols(target: Target, step: Step) -> bool:
    """Whether the ticket begins to set up an app for somebody who has one."""
    headers = [*target.own, *step.jar.header()]
    body = {"ticket": step.ticket}
    answer = target.client.send("POST", "/api/login/enrol", headers, data=body)
    return answer.status == 200


def _check_alive(target: Target, victim: Guarded, step: Step) -> Verdict:
    answer = prove(target, step, victim.code())
    if not _opens(target, answer):
        raise AssertionError(f"the second factor did not log in either: {answer.status}")
    return held("The password and the ticket opened nothing; with a code, both logged in.")


ATTACK = Attack(
    id="second-step-skip",
    title="A second step that is skipped",
    story="A thief knows the password of somebody who has an authenticator app. They log in on"
    " each route and open the pages behind it, with what the first step gave them. An application"
    " that keeps half a login in a session lets them in.",
    references=("CWE-287", "CWE-304", "ASVS V6.3.3", "ASVS V6.3.4"),
    defences=("a second factor is asked for",),
    run=_run,
    ours=True,
)
