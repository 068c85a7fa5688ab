"""A second account for a mailbox that has one, by another spelling of its address."""

from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..target import Account
from ..verdict import Verdict, held, succeeded

PASSWORD = "throw-away of the twin 1"  # noqa: S105 - of an account that is thrown away


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    victim = target.sign_up()
    for name, email in _twins(victim).items():
        body = {"email": email, "password": PASSWORD}
        answer = target.ask_for_account(body)
        if answer.status >= 500:
            raise AssertionError(f"an address with {name} broke the server: {answer.status}")
        twin = Account(email, PASSWORD, "")
        if answer.accepted:
            return succeeded(f"A second account was created, for an address with {name}.")
        elsewhere = replace(target, client=target.client.elsewhere())  # wrong logins are counted
        login = elsewhere.try_login(twin, PASSWORD)
        if login.accepted:
            return succeeded(
                f"An address with {name} logged in with another password than the owner's."
            )
    if target.try_login(victim, victim.password).status >= 300:
        raise AssertionError("the owner of the address can no longer log in")
    return held("No other spelling of the address got an account of its own.")


def _twins(victim: Account) -> dict[str, str]:
    name, _, domain = victim.email.partition("@")
    return {
        "capital letters": f"{name.upper()}@{domain}",
        "a capital domain": f"{name}@{domain.upper()}",
        "white space": f" {victim.email}\t",
        "a NUL at the end": f"{victim.email}\x00",
        "a NUL and another domain": f"{victim.email}\x00.evil.example",
        "a line break": f"{victim.email}\n",
        "a joiner": f"{name}\u200d@{domain}",
        "a soft hyphen": f"{name}\u00ad@{domain}",
        "full-width letters": "".join(chr(ord(one) + 0xFEE0) for one in name) + f"@{domain}",
        "a full-width @": f"{name}\uff20{domain}",
        "a full-width dot": victim.email.replace(".", "\uff0e"),
        "a dot at the end": f"{victim.email}.",
        "quotes": f'"{name}"@{domain}',
        "a comment": f"{name}(x)@{domain}",
        "brackets": f"<{victim.email}>",
        "a second address": f"{victim.email},{victim.email}",
        "300 spaces": f"{victim.email}{' ' * 300}x",
        "an encoded word": f"=?utf-8?q?{name}?=@{domain}",
    }


ATTACK = Attack(
    id="mailbox-twins",
    title="Two accounts for one mailbox",
    story="An attacker signs up with the victim's address in another spelling. The database, the"
    " mail server or a later look-up treats both as the same address. Mail and logins of one"
    " account reach the other.",
    references=("CWE-178", "CWE-289", "ASVS V1.1.1"),
    defences=("one mailbox has one account",),
    run=_run,
)
