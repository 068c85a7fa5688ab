"""What it takes to get over a signing key that was stolen."""

import time
from dataclasses import replace
from secrets import token_hex
from typing import NamedTuple

from .contender import Contender, Login
from .endings import watch

PEOPLE = 5
"""Who are logged in when it happens."""


class Recovery(NamedTuple):
    """`milliseconds` is None where no key signs logins."""

    milliseconds: float | None
    percent: float


def recovery(contender: Contender) -> Recovery:
    """Make what the stolen key signs worthless, once in a run."""
    if "recovery" not in contender.remembered:
        transport = "cookie" if contender.kind == "plain_session" else "bearer"
        people = [contender.log_in(transport=transport) for _ in range(PEOPLE)]
        took = _recover(contender, people[0])
        lost = sum(not _goes_on(contender, login) for login in people)
        contender.remembered["recovery"] = Recovery(took, 100 * lost / PEOPLE)
    found: Recovery = contender.remembered["recovery"]
    return found


def _recover(contender: Contender, login: Login) -> float | None:
    if contender.kind == "token":
        sent, last = watch(contender, login.headers(), "recover", None)
        return round((last - sent) * 1000, 1)
    if contender.kind == "plain_jwt":
        return _restart(contender)
    contender.call("POST", "/recover")
    return None


def _restart(contender: Contender) -> float:
    """Every process must be given another secret."""
    cluster, began = contender.cluster, time.perf_counter()
    count = len(cluster.ports)
    cluster.shrink(0)
    cluster.spec = replace(cluster.spec, secret=token_hex(32))
    cluster.grow(count)
    return round((time.perf_counter() - began) * 1000, 1)


def _goes_on(contender: Contender, login: Login) -> bool:
    """Whether somebody goes on without a password."""
    if not login.refresh:
        return contender.me(login.headers()).status == 200
    answer = contender.call("POST", "/refresh", data={"refresh_token": login.refresh})
    token = answer.json()["access_token"]
    return contender.me({"Authorization": f"Bearer {token}"}).status == 200
