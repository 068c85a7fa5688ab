"""How long a decision takes until every process obeys."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

from .caller import Answer, Caller, Unusable
from .contender import Contender
from .contenders import LIFETIME

ENOUGH = 5.0
"""Seconds after which a process that still accepts does not obey at all."""

NEARLY = 2
"""Seconds before its end at which the run puts the clock of a plain JWT forward to."""

Data = Callable[[str], Any]
"""What is sent to decide about a subject."""


def last_acceptance(contender: Contender, decision: str, data: Data, old: str = "") -> float:
    """Milliseconds from the sending of the decision until no process accepts any more, at worst.
    Answers that hold `old`, if it is given, are those of a process that does not obey yet."""
    if contender.kind == "plain_jwt":
        return _until_expiry(contender, decision, data, old)
    worst = 0.0
    for _ in range(contender.rounds):
        login = contender.log_in()
        sent, last = watch(contender, login.headers(), decision, data(login.subject), old)
        worst = max(worst, last - sent)
    return round(worst * 1000, 1)


def _until_expiry(contender: Contender, decision: str, data: Data, old: str) -> float:
    """The decision changes nothing, so the processes are shown a later time, and seen to end it."""
    login = contender.log_in()
    ahead = LIFETIME - NEARLY
    began = time.perf_counter()
    with put_forward(contender, ahead):
        _, last = watch(contender, login.headers(), decision, data(login.subject), old)
    return round((ahead + last - began) * 1000)


@contextmanager
def put_forward(contender: Contender, seconds: int) -> Iterator[None]:
    """The clocks of all processes, until the end."""
    _set_clocks(contender, seconds)
    try:
        yield
    finally:
        _set_clocks(contender, 0)


def _set_clocks(contender: Contender, seconds: int) -> None:
    for port in contender.cluster.ports:
        with Caller(port) as caller:
            caller.done("POST", f"/ahead/{seconds}")


def watch(
    contender: Contender, headers: dict[str, str], decision: str, data: Any, old: str = ""
) -> tuple[float, float]:
    """When the decision was sent, and when the last process accepted for the last time.  Raises
    `Unusable` when one goes on, and when one did not accept before: nothing would be ended."""
    ports = contender.cluster.ports
    asked = Barrier(len(ports) + 1)
    before = dict.fromkeys(ports, False)
    last = dict.fromkeys(ports, 0.0)
    over = dict.fromkeys(ports, False)
    give_up = [float("inf")]

    def ask(port: int) -> None:
        with Caller(port) as caller:
            answer = caller.send("GET", "/me", headers)
            before[port] = _accepts(answer, old)
            asked.wait()
            while _accepts(answer, old) and time.perf_counter() < give_up[0]:
                last[port] = time.perf_counter()
                answer = caller.send("GET", "/me", headers)
            over[port] = not _accepts(answer, old)

    def ask_or_give_up(port: int) -> None:
        try:
            ask(port)
        except (OSError, HTTPException, BrokenBarrierError):
            asked.abort()  # or nobody would ever stop waiting for this one

    threads = [Thread(target=ask_or_give_up, args=(port,), daemon=True) for port in ports]
    for thread in threads:
        thread.start()
    with Caller(ports[0]) as operator:
        try:
            asked.wait()
        except BrokenBarrierError:
            raise Unusable(f"a process of {contender.column} does not answer") from None
        sent = time.perf_counter()
        give_up[0] = sent + ENOUGH
        operator.done("POST", f"/{decision}", data=data)
    for thread in threads:
        thread.join()
    if not all(before.values()):
        raise Unusable(f"{contender.column} does not accept everywhere before a {decision}")
    if not all(over.values()):
        raise Unusable(f"{contender.column} still accepts {ENOUGH} s after a {decision}")
    return sent, max(sent, *last.values())


def _accepts(answer: Answer, old: str) -> bool:
    return answer.status == 200 and old.encode() in answer.body
