"""What people do with the letters that an instance writes to them."""

import secrets

from .exchange import Exchange
from .target import Account, Missing, Target


def require_cookies(target: Target) -> None:
    """Raises `Missing` in the ways by bearer, whose letters and links are the same."""
    if target.way.transport != "cookie":
        raise Missing("Letters do not depend on how a login travels, so it runs by cookie alone.")


def link_to(target: Target, email: str, kind: str) -> str:
    """The path and query of the link in the latest letter of this kind to an address."""
    letters = target.operator.letters(email)
    links = [letter.link for letter in letters if letter.kind == kind and letter.link]
    if not links:
        raise AssertionError(f"no letter {kind} with a link came: {[one.kind for one in letters]}")
    return links[-1].removeprefix(target.origin)


def somebody() -> Account:
    """An address and a password that have no account yet; all such addresses are equally long."""
    name = secrets.token_hex(8)
    return Account(f"lab-{name}@doorward.example", f"throw-away {name}", "")


def use(target: Target, link: str, **more: str) -> Exchange:
    """Press the button of the page that a link leads to."""
    path, _, ticket = link.partition("?ticket=")
    return target.client.send("POST", path, target.own, form={"ticket": ticket, **more})


def sign_up_first(target: Target) -> Account:
    """An account on an instance where addresses are proved first."""
    account = somebody()
    target.ask_for_account({"email": account.email, "password": account.password})
    answer = use(target, link_to(target, account.email, "signup_asked"))
    if not answer.accepted:
        raise AssertionError(f"the link of a sign-up was answered {answer.status}")
    return account
