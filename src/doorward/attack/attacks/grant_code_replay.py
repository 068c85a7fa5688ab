"""The code of an application, used more than once."""

from concurrent.futures import ThreadPoolExecutor

from ..attack import Attack
from ..attacker import Attacker
from ..third_party import third_party
from ..verdict import Verdict, held, succeeded

PARALLEL = 8


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    app, victim = third_party(target), target.log_in()
    code = app.code(victim)
    tokens = app.redeem(code).json()
    if not app.lives(tokens):
        raise AssertionError("the code gave no tokens that work")
    if app.redeem(code).status == 200:
        return succeeded("A used code gave tokens again.")
    if app.lives(tokens):
        return succeeded("What a replayed code had given lived on.")
    code = app.code(victim)
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(app.redeem, [code] * PARALLEL))
    given = [answer.json() for answer in answers if answer.status == 200]
    if len(given) > 1 or any(app.lives(each) for each in given):
        return succeeded(f"{len(given)} of {PARALLEL} simultaneous uses gave tokens that live.")
    if target.me(victim).status != 200:
        raise AssertionError("the victim was logged out as well")
    return held("A used code gave nothing, and ended what it had given.")


ATTACK = Attack(
    id="grant-code-replay",
    title="The code of an application, used twice",
    story="A thief reads a code in a history or a log, and uses it after the application,"
    " or in the same moment. Nobody knows which of the two is the thief. The thief"
    " keeps an access unless the second use ends what the first was given.",
    references=("RFC 9700 section 4.5", "RFC 6749 section 10.5", "CWE-294", "ASVS V10.4.2"),
    defences=("a code works once",),
    run=_run,
    ours=True,
)
