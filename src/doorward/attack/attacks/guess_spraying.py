"""One password, tried at many accounts."""

from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..guessing import NO_SOURCE, can_guess, guesser, was_checked
from ..verdict import Verdict, held, not_applicable, succeeded

ACCOUNTS = 100


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if not can_guess(attacker):
        return not_applicable(NO_SOURCE)
    owner, thief = target.sign_up(), guesser(target)
    tried = 0
    for number in range(ACCOUNTS):
        tried += was_checked(thief, replace(owner, email=f"{number}-{owner.email}"))
    if thief.try_login(owner, owner.password).accepted:
        return succeeded(
            f"After {tried} wrong guesses, a login from the same address was accepted."
        )
    if not target.try_login(owner, owner.password).accepted:
        return succeeded("The guesses locked out an owner, who came from another address.")
    return held(
        f"Of {ACCOUNTS} guesses from one address {tried} were checked; the owner can log in."
    )


ATTACK = Attack(
    id="guess-spraying",
    title="Password spraying",
    story="An attacker tries the most common password at every account, once. No account sees"
    " more than one wrong guess. A limit that counts by account alone stops nothing.",
    references=("CWE-307", "ASVS V6.3.1", "NIST SP 800-63B-4 section 3.2.2"),
    defences=("wrong passwords are counted",),
    run=_run,
    last=True,
)
