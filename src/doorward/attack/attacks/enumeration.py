"""Answers that tell who has an account."""

from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..verdict import Verdict, held, succeeded

CHANGES = frozenset({"date"})


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    known = target.sign_up()
    nobody = replace(known, email=f"nobody-{known.email}")
    one, two = (target.try_login(each, "a wrong password") for each in (known, nobody))
    if one.status == two.status == 429:
        raise AssertionError("the limiter answered instead")
    if _seen(one) != _seen(two):
        return succeeded("A login with a wrong password tells whether the account exists.")
    return held("A wrong password and an unknown address get the same answer, byte for byte.")


def _seen(answer: Exchange) -> tuple[object, ...]:
    headers = [pair for pair in answer.received if pair[0].lower() not in CHANGES]
    return answer.status, headers, answer.text


ATTACK = Attack(
    id="enumeration",
    title="Who has an account?",
    story="An attacker tries a list of addresses with a wrong password."
    " The answers differ for those who have an account."
    " The attacker now knows whom to write to, and whose passwords to try.",
    references=("CWE-204", "ASVS V6.3.8"),
    defences=("a failed login does not tell who has an account",),
    run=_run,
    last=True,
)
