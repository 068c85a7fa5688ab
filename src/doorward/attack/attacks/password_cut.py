"""Passwords that are nearly right."""

from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..target import Account
from ..verdict import Verdict, held, succeeded

LONG = "Correct-horse 7 battery staple " * 3 + "and a last word"
"""More than the 72 bytes of bcrypt, and within 128 characters."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    usual = target.sign_up()
    name, _, domain = usual.email.partition("@")
    long = Account(f"{name}l@{domain}", LONG, "")
    body = {"email": long.email, "password": LONG}
    made = target.ask_for_account(body)
    if not made.accepted:
        raise AssertionError(f"a long password was refused: {made.status}")
    target.accounts.append(long.email)
    for which, guess in _nearly(LONG).items():
        elsewhere = replace(target, client=target.client.elsewhere())  # wrong logins are counted
        answer = elsewhere.try_login(long, guess)
        if answer.status >= 500:
            raise AssertionError(f"a password {which} broke the server: {answer.status}")
        if answer.accepted:
            return succeeded(f"A password {which} was accepted.")
    if not target.try_login(long, LONG).accepted:
        raise AssertionError("the right password was refused as well")
    return held("Only the whole password was accepted.")


def _nearly(password: str) -> dict[str, str]:
    return {
        "cut after 72 characters": password[:72],
        "with another end": f"{password[:-1]}X",
        "with a NUL and more": f"{password[:20]}\0{password[20:]}",
        "in another case": password.swapcase(),
        "without white space": password.replace(" ", ""),
        "with white space around it": f" {password} ",
    }


ATTACK = Attack(
    id="password-cut",
    title="A password that is nearly right",
    story="An attacker knows how a long password begins, from an older leak. Some password hashes"
    " read only 72 bytes, or stop at a NUL. The attacker then does not need the rest.",
    references=("CVE-2025-22228", "CWE-187", "ASVS V6.2.8"),
    defences=("every character of a password counts",),
    run=_run,
)
