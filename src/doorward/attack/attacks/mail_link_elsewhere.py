"""The link of a login by mail, opened in a browser that did not ask for it."""

from ..attack import Attack
from ..attacker import Attacker
from ..exchange import Exchange
from ..jar import Jar
from ..lab import Operator
from ..second_step import opened
from ..target import Account, Missing, Target
from ..verdict import Verdict, held, succeeded

CONFIRM = "/link/login"


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.way.transport != "cookie":
        raise Missing("By bearer, a login by mail has a code and no link that logs in.")
    operator = target.operator  # at an address, no account is made for this
    victim, stranger = target.sign_up(), target.sign_up()
    browser, ticket = _ask(target, operator, victim)
    other, _ = _ask(target, operator, stranger)
    elsewhere = {"without cookies": Jar(), "in a browser that asked for another letter": other}
    for name, jar in elsewhere.items():
        for answer in _open(target, ticket, jar):
            if _enters(target, answer):
                return succeeded(f"The link logged in {name}.")
    if not _enters(target, _open(target, ticket, browser)[1]):
        raise AssertionError("the link does not log in where it was asked for")
    return held("The link logged in nobody elsewhere, and its owner where it was asked for.")


def _ask(target: Target, operator: Operator, account: Account) -> tuple[Jar, str]:
    """The browser that asks for a letter, and the ticket of the link in it."""
    jar, body = Jar(), {"email": account.email, "transport": "cookie"}
    answer = target.client.send("POST", "/api/login/mail", target.own, data=body)
    jar.keep(answer.cookies())
    links = [letter.link for letter in operator.letters(account.email) if letter.link]
    if answer.status != 202 or not links:
        raise AssertionError(f"no letter came: {answer.status} {answer.text}")
    return jar, links[-1].partition("ticket=")[2]


def _open(target: Target, ticket: str, jar: Jar) -> list[Exchange]:
    """What the link, its button and the call behind it answer."""
    headers, body = [*target.own, *jar.header()], {"ticket": ticket}
    send = target.client.send
    return [
        send("GET", f"{CONFIRM}?ticket={ticket}", jar.header()),
        send("POST", CONFIRM, headers, form=body),
        send("POST", "/api/login/mail/link", headers, data=body),
    ]


def _enters(target: Target, answer: Exchange) -> bool:
    jar = Jar()
    jar.keep(answer.cookies())
    return bool(opened(target, jar))


ATTACK = Attack(
    id="mail-link-elsewhere",
    title="A link that logs in anywhere",
    story="An attacker gets a letter that logs in: it was forwarded, or they asked for it and send"
    " the link to a victim. It is opened in another browser than the one that asked. If it logs in"
    " there, the attacker is in the victim's account, or the victim in the attacker's.",
    references=("CWE-384", "CWE-352", "ASVS V6.6.2"),
    defences=("a link logs in where it was asked for",),
    run=_run,
    ours=True,
)
