"""The recovery from a stolen signing key."""

import time
from dataclasses import replace
from secrets import token_hex
from typing import NamedTuple

from .contender import Contender, Login
from .propagation import watch

PEOPLE = 5
"""People who are logged in when the key is stolen."""


class Recovery(NamedTuple):
    """`milliseconds` until the stolen key is worthless, None if no key signs logins; `percent` of
    the people who must log in again."""

    milliseconds: float | None
    percent: float


def recovery(contender: Contender) -> Recovery:
    """Make the stolen key worthless.  This is done once in a run, for two rows."""
    if "recovery" not in contender.remembered:
        transport = "cookie" if contender.kind == "plain_session" else "bearer"
        people = [contender.log_in(transport=transport) for _ in range(PEOPLE)]
        took = _recover(contender, people[0])
        lost = sum(not _stays_logged_in(contender, login) for login in people)
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
    """Restart every process with a new secret."""
    cluster, began = contender.cluster, time.perf_counter()
    count = len(cluster.ports)
    cluster.shrink(0)
    cluster.spec = replace(cluster.spec, secret=token_hex(32))
    cluster.grow(count)
    return round((time.perf_counter() - began) * 1000, 1)


def _stays_logged_in(contender: Contender, login: Login) -> bool:
    """Whether the person stays logged in without the password."""
    if not login.refresh:
        return contender.me(login.headers()).status == 200
    answer = contender.call("POST", "/refresh", data={"refresh_token": login.refresh})
    token = answer.json()["access_token"]
    return contender.me({"Authorization": f"Bearer {token}"}).status == 200
