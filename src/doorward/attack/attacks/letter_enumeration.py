"""Requests for letters whose answers tell who has an account."""

import re
from collections.abc import Iterator

from ..attack import Attack
from ..attacker import Attacker
from ..by_mail import require_cookies, sign_up_first, somebody
from ..exchange import Exchange
from ..target import Account, Target
from ..verdict import Verdict, held, succeeded

CHANGES = frozenset({"date"})

_RANDOM = re.compile(r"[\w-]{22,}")
"""Tickets and the like, which no two answers share; only their lengths are compared."""


def _run(attacker: Attacker) -> Verdict:
    require_cookies(attacker.target)
    with attacker.target.other(verify_first=True) as target:
        known, nobody = sign_up_first(target), somebody()
        before = len(target.operator.letters(known.email))
        asked = 0
        for one, two in zip(_asked(target, known), _asked(target, nobody), strict=True):
            asked += 1
            if one.status == 429:
                raise AssertionError(f"the limiter answered {one.path}")
            if _seen(one, known) != _seen(two, nobody):
                return succeeded(f"{one.path} tells whether an address has an account.")
        letters = len(target.operator.letters(known.email)) - before
        if letters != len(target.operator.letters(nobody.email)):
            return succeeded("An address with an account gets another number of letters.")
    return held(f"{asked} requests had the same answers, and brought {letters} letters each.")


def _asked(target: Target, account: Account) -> Iterator[Exchange]:
    """Every request that anybody can send about an address, by the API and by the pages."""
    whole = {"email": account.email, "password": account.password}
    address = {"email": account.email}
    send, own = target.client.send, target.own
    for path, body in {"/forgot": address, "/signup": whole, "/login/mail": address}.items():
        yield send("POST", path, own, form=body)
        yield send("POST", f"/api{path}", own, data=body | _transport(path))
    begun = send("POST", "/api/login/mail", own, data=address | {"transport": "bearer"})
    code = {"ticket": str(begun.json().get("ticket")), "code": "AAAA-AAAA"}
    yield begun
    target.operator.letters(account.email)  # only a letter that was written has a code
    yield send("POST", "/api/login/mail/code", own, data=code)


def _transport(path: str) -> dict[str, str]:
    return {"transport": "cookie"} if path == "/login/mail" else {}


def _seen(answer: Exchange, account: Account) -> tuple[object, ...]:
    headers = [pair for pair in answer.received if pair[0].lower() not in CHANGES]
    shown = [f"{name}: {value}" for name, value in headers]
    return answer.status, *(_plain(text, account) for text in [*shown, answer.text])


def _plain(text: str, account: Account) -> str:
    return _RANDOM.sub(lambda found: "x" * len(found[0]), text.replace(account.email, "ADDRESS"))


ATTACK = Attack(
    id="letter-enumeration",
    title="Who gets which answer?",
    story="An attacker asks for a new password, an account and a login by mail, for a list of"
    " addresses. They compare the answers for one with an account with those for one without. Any"
    " byte that differs tells whom to write to, and whose passwords to try.",
    references=("CWE-204", "ASVS V6.3.8", "ASVS V6.4.3"),
    defences=("a request for a letter looks for no account",),
    run=_run,
    ours=True,
)
