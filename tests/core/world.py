"""A small world for simulations of the refresh rules: nodes, browsers, a network, and thieves.

A browser has many tabs and one cookie jar.  It does what `doorward.web.gate` and a real browser do:
the access token is presented; when it is out, the refresh token is exchanged on the way; the
answer's cookies are set only if, when the answer starts, the row still holds what was issued.  The
network loses answers or brings them late.  Nothing here waits: the memory store never suspends, so
every verb runs to its end at once, and time is a number.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, TypeVar

from doorward import Auth, Event, Issued, Reason, Rejected, Settings, open_store
from doorward.stores import Backend
from doorward.testing import FakeClock
from tests.core.scene import ROOT

T = TypeVar("T")
G = 300
"""The life of an access token, and the grace of a refresh."""


def at_once(verb: Coroutine[Any, Any, T]) -> T:
    """The result of a verb that never has to wait."""
    try:
        verb.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("a memory store does not suspend")


class Service:
    """One application on several nodes, whose clocks may differ."""

    def __init__(self, *, skews: tuple[int, ...] = (0,), **settings: Any) -> None:
        self.clock = FakeClock()
        self.skews = skews
        self.told: list[Event] = []
        self.settings = Settings(**{"mode": "token", "access_ttl": G, **settings})
        self._start(open_store("memory:"))

    def _start(self, store: Backend) -> None:
        self.store = store
        self.nodes = [
            Auth(store, self.settings, ROOT, clock=self._clock(skew), record=self._record)
            for skew in self.skews
        ]

    def _clock(self, skew: int) -> "SkewedClock":
        return SkewedClock(self.clock, skew)

    async def _record(self, event: Event) -> None:
        self.told.append(event)

    def log_in(self, subject: str) -> Issued:
        attempt = at_once(self.nodes[0].attempt())
        return at_once(attempt.login(subject))

    def backup(self) -> "Backup":
        keys = at_once(keys_of(self.store))
        rows = at_once(rows_of(self.store))
        return Backup(keys, rows)

    def restore(self, backup: "Backup") -> None:
        """The store as it was then, and the nodes started anew."""
        store = open_store("memory:")
        at_once(backup.put_into(store))
        self._start(store)


@dataclass(frozen=True, slots=True)
class SkewedClock:
    """A node's clock: wrong by always the same."""

    true: FakeClock
    skew: int

    def __call__(self) -> int:
        return self.true() + self.skew


async def keys_of(store: Backend) -> Any:
    return await store.keys()


async def rows_of(store: Backend) -> Any:
    return await store.sessions(None, 0, limit=1_000_000)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a store held at a time."""

    keys: Any
    rows: Any

    async def put_into(self, store: Backend) -> None:
        for key in self.keys:
            await store.put_key(key)
        for row in self.rows:
            await store.insert(row, await store.mark(), row.created_at)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of an answer: the handler takes `slow` seconds until it starts, then it travels
    for `late` seconds, or is lost."""

    slow: int = 0
    late: int = 0
    lost: bool = False


PROMPT, LOST = Delivery(), Delivery(lost=True)


@dataclass(slots=True)
class Jar:
    """The cookies of one browser."""

    access: str
    access_until: int
    refresh: str


@dataclass(slots=True)
class Browser:
    """An honest person's browser.  `refused` is set when it was logged out, `received` counts the
    refresh tokens that reached the jar, `seen` keeps them all, for thieves."""

    jar: Jar
    refused: Reason | None = None
    received: int = 0
    seen: list[str] = field(default_factory=list)

    @classmethod
    def logged_in(cls, issued: Issued) -> "Browser":
        held = issued.refresh_token or ""
        return cls(Jar(issued.credential, issued.credential_expires_at, held), seen=[held])

    def ask(self, node: Auth, now: int) -> Issued | None:
        """One request of one tab: what a gate refreshed on the way, if it had to.  A cookie past
        its Max-Age is not sent."""
        try:
            if now < self.jar.access_until and self._is_let_in(node):
                return None
            return at_once(node.refresh(self.jar.refresh))
        except Rejected as refused:
            self.refused = refused.reason
            return None

    def _is_let_in(self, node: Auth) -> bool:
        try:
            at_once(node.authenticate(self.jar.access))
        except Rejected as refused:
            if refused.reason is not Reason.EXPIRED:
                raise
            return False
        return True

    def receive(self, issued: Issued) -> None:
        """Set the cookies of an answer."""
        self.jar.access, self.jar.access_until = issued.credential, issued.credential_expires_at
        if issued.refresh_token is not None and issued.refresh_token != self.jar.refresh:
            self.jar.refresh = issued.refresh_token
            self.received += 1
            self.seen.append(issued.refresh_token)


class Network:
    """Answers on their way, each to start or to arrive at its second."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._ways: list[tuple[int, int, str, Auth, Browser, Issued, int]] = []
        self._count = 0

    def send(self, node: Auth, browser: Browser, issued: Issued, delivery: Delivery) -> None:
        """Bring an answer, or lose it.  It reads the row again when it starts."""
        if not delivery.lost:
            begins = self._service.clock() + delivery.slow
            self._push(begins, "start", node, browser, issued, delivery.late)
            self.settle()

    def settle(self) -> None:
        """Everything that is due now happens."""
        now = self._service.clock()
        while self._ways and self._ways[0][0] <= now:
            at, _, step, node, browser, issued, late = heappop(self._ways)
            if step == "arrive":
                browser.receive(issued)
            elif at_once(node.still_holds(issued)):
                self._push(at + late, "arrive", node, browser, issued, 0)

    def advance(self, seconds: int) -> None:
        """Time passes; what is due on the way happens at its second."""
        until = self._service.clock() + seconds
        while self._ways and self._ways[0][0] <= until:
            self._service.clock.now = max(self._service.clock.now, self._ways[0][0])
            self.settle()
        self._service.clock.now = until

    def restarted(self) -> None:
        """The nodes are others now; answers under way ask the one that took the place of theirs."""
        node = self._service.nodes[0]
        self._ways = [(*way[:3], node, *way[4:]) for way in self._ways]

    def _push(
        self, at: int, step: str, node: Auth, browser: Browser, issued: Issued, late: int
    ) -> None:
        self._count += 1
        heappush(self._ways, (at, self._count, step, node, browser, issued, late))


@dataclass(slots=True)
class Thief:
    """Somebody with copies of refresh tokens, who keeps all and forgets none, and lies low after
    so many `tries`."""

    tokens: list[str]
    tries: int
    access: list[str] = field(default_factory=list)

    def try_out(self, node: Auth, token: str) -> Reason | None:
        """Exchange one; the reason when it was refused."""
        try:
            issued = at_once(node.refresh(token))
        except Rejected as refused:
            return refused.reason
        self.access.append(issued.credential)
        if issued.refresh_token is not None:
            self.tokens.append(issued.refresh_token)
        return None
