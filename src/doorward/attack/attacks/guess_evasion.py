"""Guesses that try to evade the limit."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..guessing import NO_SOURCE, can_guess, guesser, was_checked
from ..target import Account, Target
from ..verdict import Verdict, held, not_applicable, succeeded

MOST, PARALLEL = 60, 40
WIDE = {number: number + 0xFEE0 for number in range(0x21, 0x7F)}
"""Each character's full-width form, which looks alike."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if not can_guess(attacker):
        return not_applicable(NO_SOURCE)
    owner, thief = target.sign_up(), guesser(target)
    limit = next((number for number in range(MOST) if not was_checked(thief, owner)), MOST)
    if limit == MOST:
        return succeeded(f"All of {MOST} wrong passwords for one account were checked.")
    around = _way_around(thief, owner)
    if around:
        return succeeded(
            f"After {limit} wrong guesses the right password still worked, by {around}."
        )
    other, burst = target.sign_up(), guesser(target)
    with ThreadPoolExecutor(PARALLEL) as pool:
        at_once = sum(pool.map(lambda _: was_checked(burst, other), range(PARALLEL)))
    if at_once > limit:
        return succeeded(
            f"Of {PARALLEL} guesses at once {at_once} were checked; the limit is {limit}."
        )
    if not target.try_login(owner, owner.password).accepted:
        return succeeded("The guesses locked out the owner, who came from another address.")
    return held(f"{limit} guesses were checked, however they were sent; the owner can log in.")


def _way_around(thief: Target, owner: Account) -> str:
    """How the right password was taken although the limit is reached; empty if it was not."""
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "X-Client-IP"):
        said = "for=198.51.100.7" if name == "Forwarded" else "198.51.100.7"
        if thief.try_login(owner, owner.password, [(name, said)]).accepted:
            return f"the header {name}"
    local, _, domain = owner.email.partition("@")
    for email in (
        owner.email.upper(),
        f"{local}@{domain.title()}",
        f" {owner.email} ",
        f"{local.translate(WIDE)}@{domain}",
        f"{local}\u200b@{domain}",
        f"{local.replace('l', 'ⓛ')}@{domain}",
    ):
        if thief.try_login(replace(owner, email=email), owner.password).accepted:
            return f"the spelling {email!r}"
    form = {"email": owner.email, "password": owner.password}
    page = thief.client.send("POST", "/login", thief.own, form=form)
    return "the form of the login page" if page.status == 303 else ""


ATTACK = Attack(
    id="guess-evasion",
    title="Evading the limit on guesses",
    story="An attacker has reached the limit on guesses at an account. They go on with other"
    " headers, other spellings of the address, another form, or many guesses at once. A"
    " limit that trusts what the client sends, or counts too late, does not hold.",
    references=("CWE-307", "CWE-799", "ASVS V6.3.1"),
    defences=("wrong passwords are counted", "only configured proxies are trusted"),
    run=_run,
    last=True,
)
