"""Half a login, taken to another browser."""

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..jar import Jar
from ..second_step import Guarded, Step, begin, guarded, opened, prove
from ..target import Missing, Target
from ..verdict import Verdict, held, succeeded

COOKIE = "__Host-flow"


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        raise Missing("By bearer, a second step is bound to no browser.")
    victim, thief = guarded(target), guarded(target)
    step, own = begin(target, victim.account), begin(target, thief.account)
    theirs, mine = _word(step), _word(own)
    for name, jar in {
        "without a cookie": Jar(),
        "with the thief's own cookie": own.jar,
        "with its ticket in the thief's cookie": Jar({COOKIE: f"{mine}.{step.ticket}"}),
    }.items():
        if _enters(target, prove(target, step, victim.code(), jar=jar)):
            return succeeded(f"The stolen ticket and a code logged in, {name}.")
        if _enters(target, _form(target, jar, victim)):
            return succeeded(f"The form of the second step logged in, {name}.")
    word = Jar({COOKIE: theirs})
    if _enters(target, _form(target, word, victim)):
        return succeeded("The stolen cookie without its ticket logged in.")
    if found := opened(target, step.jar):
        return succeeded(f"The stolen cookie opened {found}.")
    if not _enters(target, prove(target, step, victim.code())):
        raise AssertionError("the owner could not finish the login")
    return held("Neither the ticket nor the cookie helped elsewhere; the owner's browser got in.")


def _word(step: Step) -> str:
    return step.jar.cookies[COOKIE].partition(".")[0]


def _form(target: Target, jar: Jar, victim: Guarded) -> Exchange:
    headers = [*target.own, *jar.header()]
    return target.client.send("POST", "/login/factor", headers, form={"code": victim.code()})


def _enters(target: Target, answer: Exchange) -> bool:
    jar = Jar()
    jar.keep(answer.cookies())
    return bool(opened(target, jar))


ATTACK = Attack(
    id="second-step-stolen",
    title="A second step in another browser",
    story="A thief copies the ticket of a login between its two steps, from a log or a history, or"
    " the cookie beside it. They have also seen a code over the owner's shoulder. A step that is"
    " not bound to its browser lets them finish the login.",
    references=("CWE-384", "CWE-613", "ASVS V6.6.2"),
    defences=("a second step is bound to its browser",),
    run=_run,
    ours=True,
)
