"""Wrong guesses that are meant to lock the owner out."""

from ..attack import Attack
from ..attacker import Attacker
from ..guessing import NO_SOURCE, can_guess, guesser, was_checked
from ..verdict import Verdict, held, not_applicable, succeeded

SOURCES, EACH = 11, 11


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        return not_applicable("Only a browser keeps the cookie that identifies a known device.")
    if not can_guess(attacker):
        return not_applicable(NO_SOURCE)
    owner = target.log_in()
    tried = 0
    for _ in range(SOURCES):
        thief = guesser(target)
        tried += sum(was_checked(thief, owner.account) for _ in range(EACH))
    if target.me(owner).status != 200:
        return succeeded("The guesses ended the owner's session.")
    again = target.try_login(owner.account, owner.account.password, owner.jar.header())
    if not again.accepted:
        return succeeded(
            f"After {tried} wrong guesses the owner cannot log in on their own device."
        )
    return held(f"After {tried} wrong guesses from {SOURCES} addresses the owner can log in.")


ATTACK = Attack(
    id="guess-lockout",
    title="Locking the owner out",
    story="An attacker guesses wrongly at somebody's account, on purpose and from many addresses."
    " The account is locked for everybody. The owner cannot log in, not even on the device"
    " that they use every day.",
    references=("CWE-645", "ASVS V6.1.1"),
    defences=("a known device is not locked out",),
    run=_run,
    last=True,
)
