"""A code of an authenticator app, used more than once."""

from concurrent.futures import ThreadPoolExecutor

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..second_step import begin, guarded, prove
from ..target import Target
from ..verdict import Verdict, held, succeeded

PARALLEL = 20

WRONG = 403


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim = guarded(target)

    def send(later: int) -> Exchange:
        return prove(target, begin(target, victim.account), victim.code(later))

    _check(send(0), 200)
    if _refused(send(0)):
        return succeeded("A used code logged in again.")
    _check(send(1), 200)
    for older in (0, -1):
        if _refused(send(older)):
            return succeeded(f"A code {1 - older} periods older than a used one logged in.")
    winners = _at_once(target)
    if winners > 1:
        return succeeded(f"{winners} of {PARALLEL} simultaneous uses of a code logged in.")
    return held(f"Used and older codes were refused, and one of {PARALLEL} uses at once got in.")


def _refused(answer: Exchange) -> bool:
    """Whether a code got in that should be wrong.  Raises `AssertionError` if a limit answered."""
    if answer.status != 200:
        _check(answer, WRONG)
    return answer.status == 200


def _at_once(target: Target) -> int:
    """How many of as many logins one code finishes."""
    victim = guarded(target)
    steps = [begin(target, victim.account) for _ in range(PARALLEL)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(lambda step: prove(target, step, victim.code()), steps))
    winners = sum(answer.status == 200 for answer in answers)
    if not winners or (winners == 1 and not any(each.status == WRONG for each in answers)):
        raise AssertionError(f"the code was not judged: {[each.status for each in answers]}")
    return winners


def _check(answer: Exchange, status: int) -> None:
    if answer.status != status:
        raise AssertionError(f"a code was answered {answer.status}, not {status}: {answer.text}")


ATTACK = Attack(
    id="totp-replay",
    title="A code that works twice",
    story="A thief knows the password, and sees a code on the owner's phone or on a false login"
    " page. They send the same code, an older one, or both at the same moment as the owner. A"
    " server that only compares codes lets both in.",
    references=("RFC 6238 section 5.2", "CWE-294", "CWE-367", "ASVS V6.5.1", "ASVS V15.4.2"),
    defences=("a code of an app works once",),
    run=_run,
    ours=True,
)
