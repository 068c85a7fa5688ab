"""How long a decision takes until every process obeys."""

import time
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from .caller import Answer, Caller, callers
from .contender import Contender, Login
from .row import Value

ENOUGH = 3.0
"""Seconds after which a process that still accepts is taken to go on until the credential ends."""


def last_acceptance(
    contender: Contender, decision: str, data: Callable[[str], Any], old: str = ""
) -> Value:
    """Milliseconds until no process accepts any more, at worst.  Answers that hold `old`, if it is
    given, are those that were not told yet."""
    if contender.kind == "plain_jwt":
        return until_expiry(contender, decision, data, old)
    worst = 0.0
    for _ in range(contender.rounds):
        login = contender.log_in()
        took = _watch(contender, login, decision, data(login.subject), old, ENOUGH)
        worst = max(worst, took)
    return round(worst * 1000, 1)


def until_expiry(
    contender: Contender, decision: str, data: Callable[[str], Any], old: str
) -> Value:
    """Nothing ends it but its own time: the tutorial's lifetime, of which the run waits for a short
    one alone."""
    login = contender.log_in()
    took = _watch(contender, login, decision, data(login.subject), old, ENOUGH)
    return round(took * 1000, 1)


def _watch(
    contender: Contender, login: Login, decision: str, data: Any, old: str, most: float
) -> float:
    """Seconds from the sending of the decision to the last acceptance by any process."""
    ports = contender.cluster.ports
    asked = Barrier(len(ports) + 1)
    last = dict.fromkeys(ports, 0.0)
    give_up = [float("inf")]

    def ask(port: int) -> None:
        with Caller(port) as caller:
            answer = caller.send("GET", "/me", login.headers())
            asked.wait()
            while _is_accepted(answer, old) and time.perf_counter() < give_up[0]:
                last[port] = time.perf_counter()
                answer = caller.send("GET", "/me", login.headers())

    threads = [Thread(target=ask, args=(port,), daemon=True) for port in ports]
    for thread in threads:
        thread.start()
    with callers(ports[:1]) as (operator,):
        asked.wait()
        time.sleep(0.05)
        sent = time.perf_counter()
        give_up[0] = sent + most
        operator.done("POST", f"/{decision}", data=data)
    for thread in threads:
        thread.join()
    return max(0.0, max(last.values()) - sent)


def _is_accepted(answer: Answer, old: str) -> bool:
    return answer.status == 200 and old.encode() in answer.body
