"""A recovery code, used more than once."""

from concurrent.futures import ThreadPoolExecutor

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..second_step import Guarded, begin, guarded, prove
from ..target import Target
from ..verdict import Verdict, held, succeeded

PARALLEL = 8

WRONG = 403


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim = guarded(target)
    used, other, *_ = victim.recovery
    if _send(target, victim, used).status != 200:
        raise AssertionError("a recovery code does not log in")
    for name, text in {
        "as it was": used,
        "in small letters": used.lower(),
        "without its dashes": used.replace("-", ""),
    }.items():
        answer = _send(target, victim, text)
        if answer.status == 200:
            return succeeded(f"A used recovery code logged in again, {name}.")
        if answer.status != WRONG:
            raise AssertionError(f"a used code was answered {answer.status}")
    steps = [begin(target, victim.account) for _ in range(PARALLEL)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        send = [pool.submit(prove, target, each, other, kind="recovery-code") for each in steps]
        answers = [each.result() for each in send]
    winners = sum(answer.status == 200 for answer in answers)
    if winners > 1:
        return succeeded(f"{winners} of {PARALLEL} simultaneous uses of a code logged in.")
    if not winners or not any(answer.status == WRONG for answer in answers):
        raise AssertionError(f"no code was judged: {[each.status for each in answers]}")
    return held(f"A used code was refused, and one of {PARALLEL} simultaneous uses got in.")


def _send(target: Target, victim: Guarded, code: str) -> Exchange:
    return prove(target, begin(target, victim.account), code, kind="recovery-code")


ATTACK = Attack(
    id="recovery-code-replay",
    title="A recovery code that works twice",
    story="A thief knows the password, and finds the sheet with the recovery codes, on which the"
    " owner crossed out those that were used. They send a crossed-out code again, in another"
    " spelling, or in the same moment as the owner. A code that is not used up lets them in.",
    references=("CWE-294", "CWE-367", "ASVS V6.5.1", "ASVS V15.4.2"),
    defences=("a recovery code works once",),
    run=_run,
    ours=True,
)
