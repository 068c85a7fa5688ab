"""How long a lock, a role change or a withdrawn key takes to reach every process."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from math import inf
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

from .client import Answer, Client, Unusable
from .contender import Contender
from .contenders import LIFETIME

GIVE_UP = 5.0
"""Seconds after which a process that still accepts the old credential is not measured further."""

LAST_SECONDS = 2
"""Seconds of a plain JWT's life that the run waits for; it skips the rest by the clock."""

Data = Callable[[str], Any]
"""The body of the decision's request, for a subject."""


def last_acceptance(contender: Contender, decision: str, data: Data, old: str = "") -> float:
    """Milliseconds from the request of the decision to the last old answer of any process; the
    worst of the rounds.  An old answer is a 200 whose body contains `old`."""
    if contender.kind == "plain_jwt":
        return _until_expiry(contender, decision, data, old)
    worst = 0.0
    for _ in range(contender.rounds):
        login = contender.log_in()
        sent, last = watch(contender, login.headers(), decision, data(login.subject), old)
        worst = max(worst, last - sent)
    return round(worst * 1000, 1)


def _until_expiry(contender: Contender, decision: str, data: Data, old: str) -> float:
    """As above, for a token that no decision ends: put the clocks forward to its last seconds."""
    login = contender.log_in()
    ahead = LIFETIME - LAST_SECONDS
    began = time.perf_counter()
    with put_forward(contender, ahead):
        _, last = watch(contender, login.headers(), decision, data(login.subject), old)
    return round((ahead + last - began) * 1000)


@contextmanager
def put_forward(contender: Contender, seconds: int) -> Iterator[None]:
    """Put the clocks of all processes forward until the context ends."""
    _set_clocks(contender, seconds)
    try:
        yield
    finally:
        _set_clocks(contender, 0)


def _set_clocks(contender: Contender, seconds: int) -> None:
    for port in contender.cluster.ports:
        with Client(port) as client:
            client.send_ok("POST", f"/ahead/{seconds}")


def watch(
    contender: Contender, headers: dict[str, str], decision: str, data: Any, old: str = ""
) -> tuple[float, float]:
    """Send the decision while every process is asked without pause.  Returns when it was sent and
    when the last old answer came.  Raises `Unusable` if one process still gives old answers, or
    gave none before: then there was nothing to end."""
    ports = contender.cluster.ports
    ready = Barrier(len(ports) + 1)
    watchers = [_Watcher(port, headers, old, ready) for port in ports]
    for watcher in watchers:
        watcher.start()
    with Client(ports[0]) as operator:
        try:
            ready.wait()
        except BrokenBarrierError:
            raise Unusable(f"a process of {contender.column} does not answer") from None
        sent = time.perf_counter()
        for watcher in watchers:
            watcher.until = sent + GIVE_UP
        operator.send_ok("POST", f"/{decision}", data=data)
    for watcher in watchers:
        watcher.join()
    if not all(watcher.accepted for watcher in watchers):
        raise Unusable(f"{contender.column} does not accept everywhere before a {decision}")
    if not all(watcher.obeys for watcher in watchers):
        raise Unusable(f"{contender.column} still accepts {GIVE_UP} s after a {decision}")
    return sent, max(sent, *(watcher.last for watcher in watchers))


class _Watcher(Thread):
    """Asks one process without pause until it gives no more old answers, or until `until`."""

    def __init__(self, port: int, headers: dict[str, str], old: str, ready: Barrier) -> None:
        super().__init__(daemon=True)
        self._port, self._headers, self._old, self._ready = port, headers, old.encode(), ready
        self.last, self.until, self.accepted = 0.0, inf, False
        self.obeys = False

    def run(self) -> None:
        try:
            self._watch()
        except (OSError, HTTPException, BrokenBarrierError):
            self._ready.abort()  # else the others would wait for this one for ever

    def _watch(self) -> None:
        with Client(self._port) as client:
            answer = client.send("GET", "/me", self._headers)
            self.accepted = self._is_old(answer)
            self._ready.wait()
            while self._is_old(answer) and time.perf_counter() < self.until:
                self.last = time.perf_counter()
                answer = client.send("GET", "/me", self._headers)
            self.obeys = not self._is_old(answer)

    def _is_old(self, answer: Answer) -> bool:
        return answer.status == 200 and self._old in answer.body
