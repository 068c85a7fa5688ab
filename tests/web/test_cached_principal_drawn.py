"""In drawn histories: whom the look-up names, a process that remembers nothing names too, and it
writes, renews and records nothing.  Any kind of request, decision and time may follow any other."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import cast

import pytest

from doorward import Auth, Event, Issued, Principal, Rejected, Settings
from doorward.keys import RootKeys
from doorward.stores import Backend
from doorward.stores.memory import MemoryStore
from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web.client import Trusted
from doorward.web.gate import Gate
from doorward.web.visit import Visit
from tests.core.between import Between
from tests.web.driver import FOREIGN, OURS, Header, bearer, cookies_of, request

pytestmark = pytest.mark.anyio

ROOT = RootKeys((b"k" * 32,), "a test")
MODES: list[tuple[Mode, ...]] = [
    ("session",),
    ("token",),
    ("session", "token"),
    ("token", "session"),
]
READS = {"changes", "get", "keys", "mark"}
STEPS = 40


@dataclass(slots=True)
class History:
    """One process under test, `auth` with `gate`; `other` issues credentials of the other mode."""

    draw: Random
    modes: tuple[Mode, ...]
    remote: bool
    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    issued: list[Issued] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    between: Between = field(init=False)
    auth: Auth = field(init=False)
    other: Auth = field(init=False)
    gate: Gate = field(init=False)
    named: int = 0

    def __post_init__(self) -> None:
        self.between = Between(self.store, remote=self.remote)
        self.auth = self.process(self.between.backend, self.modes)
        self.other = self.process(cast(Backend, self.store), self.modes[::-1])
        self.gate = Gate(self.auth, Trusted())

    def process(self, store: Backend, modes: tuple[Mode, ...]) -> Auth:
        settings = Settings(
            mode=modes[0],
            accept=modes if len(modes) > 1 else (),
            idle_ttl=60,
            absolute_ttl=600,
            access_ttl=40,
            touch_every=9,
            remember=5,
        )

        async def record(event: Event) -> None:
            self.events.append(event)

        return Auth(store, settings, ROOT, clock=self.clock, record=record, ticks=self.clock)

    @property
    def decider(self) -> Auth:
        """Across a network what another process decides binds within `max_staleness`, not now."""
        return self.auth if self.remote else self.draw.choice([self.auth, self.other])

    async def act(self) -> None:
        deeds: Sequence[Callable[[], Awaitable[object]]] = [
            self.log_in,
            self.log_in,
            self.wait,
            self.wait,
            self.revoke,
            self.change,
            self.elevate,
            self.withdraw,
        ]
        await self.draw.choice(deeds)()

    async def log_in(self) -> None:
        auth = self.draw.choice([self.auth, self.other])
        attempt = await auth.attempt()
        subject = self.draw.choice("abc")
        self.issued.append(await attempt.login(subject, roles=self.draw.choice([[], ["editor"]])))

    async def wait(self) -> None:
        self.clock.advance(self.draw.choice([1, 2, 8, 9, 10, 39, 40, 60, -5]))

    async def revoke(self) -> None:
        if self.issued:
            await self.decider.revoke(sid=self.draw.choice(self.issued).session.sid)

    async def change(self) -> None:
        await self.decider.change(self.draw.choice("abc"), roles=self.draw.choice([[], ["editor"]]))

    async def elevate(self) -> None:
        whose = self.draw.choice(self.issued).credential if self.issued else ""
        try:
            self.issued.append(await self.auth.elevate(await self.auth.authenticate(whose)))
        except Rejected:
            return

    async def withdraw(self) -> None:
        keys = (await self.auth.jwks())["keys"] if "token" in self.modes else []
        if keys and self.draw.random() < 0.2:
            await self.decider.withdraw_key(keys[0]["kid"])

    def drawn_request(self) -> tuple[str, list[Header]]:
        issued = self.draw.choice(self.issued[-8:])
        name, raw = cookies_of(issued)
        shown = [(name, raw + b"; theme=dark"), (name, raw), (name, raw), bearer(issued.credential)]
        headers = [self.draw.choice(shown)]
        more = [bearer(issued.credential), (b"authorization", b"Basic eDp5"), shown[0], shown[1]]
        if self.draw.random() < 0.2:
            headers.append(self.draw.choice(more))
        headers.append(self.draw.choice([OURS, FOREIGN]))
        return self.draw.choice(["GET", "GET", "HEAD", "POST"]), headers

    async def ask(self) -> None:
        method, headers = self.drawn_request()
        staleness = self.draw.choice([None, None, 0, 5])
        visit = Visit(self.gate, request(method, "/", headers))
        for _ in range(2):  # also a second question, which exchanges nothing again
            self.between.calls.clear()
            told = len(self.events)
            found = visit.cached_principal(staleness)
            assert self.between.calls == []
            assert len(self.events) == told
            if found is not None and visit.renewing is None:
                await self.agrees(found, method, headers)
            try:
                await visit.principal(max_staleness=staleness)
            except Rejected:
                return
            if visit.issued is not None:
                self.issued.append(visit.issued)

    async def agrees(self, found: Principal, method: str, headers: list[Header]) -> None:
        """A process that was started just now, and has seen no request, is asked the long way."""
        told = len(self.events)
        store = Between(self.store)
        gate = Gate(self.process(store.backend, self.modes), Trusted())
        asked = Visit(gate, request(method, "/", headers))
        assert await asked.principal() == found
        assert set(store.calls) <= READS
        assert (asked.issued, asked.renewing, len(self.events)) == (None, None, told)
        self.named += 1


async def played(seed: int, modes: tuple[Mode, ...], *, remote: bool) -> History:
    history = History(Random(f"{seed} {modes} {remote}"), modes, remote)
    await history.log_in()
    for _ in range(STEPS):
        await history.act()
        for _ in range(3):
            await history.ask()
    return history


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("modes", MODES)
async def test_whom_the_look_up_names_the_long_way_names_too(
    modes: tuple[Mode, ...], remote: bool
) -> None:
    assert (await played(1, modes, remote=remote)).named > STEPS // 10


@pytest.mark.soak
@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("modes", MODES)
@pytest.mark.parametrize("seed", range(2, 42))
async def test_in_many_histories(seed: int, modes: tuple[Mode, ...], remote: bool) -> None:
    await played(seed, modes, remote=remote)
