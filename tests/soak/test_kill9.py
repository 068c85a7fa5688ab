"""Nodes are killed with `kill -9` under logins, refreshes and revocations.

Whatever was acknowledged holds: no revocation is undone, no session revived, no login lost, no
refresh family forked; and no honest client is logged out, also when its answer was lost.
"""

from asyncio import TaskGroup, gather
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest

from doorward import open_store
from doorward.keys import load_root_keys
from doorward.rules import Verdict, judge_refresh
from doorward.stores import Backend
from doorward.tokens import parse_refresh_token
from doorward.types import Mode
from tests.soak.nodes import Node, Site, running_site
from tests.soak.people import GRACE, OVER, Dispute, Person, Victim

pytestmark = [pytest.mark.anyio, pytest.mark.process]

MODES: tuple[Mode, Mode] = ("session", "token")
PEOPLE: tuple[Mode, ...] = ("token", "token", "token", "session") * 2

TABS = 2
AT_ONCE = 2
"""How many log in, and how many are revoked, at the same time."""

SOME = 10
"""Of those from earlier rounds, this many are looked at after each."""

BEFORE_THE_KILL = 60
"""Answers of a node at most, until it is killed."""

HONEST: tuple[Verdict, ...] = (Verdict.ROTATE, Verdict.REPLAY, Verdict.REBRANCH)


@dataclass
class Soak:
    """Everybody who asks, and what was acknowledged to them."""

    site: Site
    store: Backend
    honest: list[Person] = field(default_factory=list)
    living: list[Person] = field(default_factory=list)
    dead: list[Person] = field(default_factory=list)
    over: bool = False
    _names: Iterator[int] = field(default_factory=count)

    def somebody(self, *modes: Mode) -> Person:
        """Who was never here before."""
        mode = self.site.random.choice(modes or MODES)
        return Person(self.site, mode, f"person-{next(self._names)}")

    async def arrive(self) -> None:
        for mode in PEOPLE:
            self.honest.append(await self.somebody(mode).log_in())

    async def round(self) -> None:
        """Load, a kill in the midst of it, and then a look at all that was acknowledged."""
        self.site.now += self.site.random.randrange(2 * GRACE)
        new = len(self.living), len(self.dead)
        owner = await self.somebody("token").log_in()
        dispute = Dispute(owner, replace(owner))
        fresh = await self.under_load(dispute)
        await self.look(self._newest(self.living, new[0]), self._newest(self.dead, new[1]), fresh)
        await dispute.settle()
        self.dead += [dispute.owner, dispute.thief]
        await self.look([], self.dead[-2:], fresh)

    async def under_load(self, dispute: Dispute) -> list[Node]:
        """The nodes that stand in for those that were killed."""
        self.over = False
        async with TaskGroup() as tasks:
            tasks.create_task(dispute.begin())
            for person in self.honest * TABS:
                tasks.create_task(self._until_over(person.go_on))
            for _ in range(AT_ONCE):
                tasks.create_task(self._until_over(self.log_in))
                tasks.create_task(self._until_over(self.revoke))
            doomed = self._doomed()
            await doomed[0].answered(self.site.random.randrange(BEFORE_THE_KILL))
            await self.site.kill(doomed)
            self.over = True
            return [await self.site.start() for _ in doomed]

    async def log_in(self) -> None:
        """Who has one tab may refresh as often as they like."""
        person = await self.somebody().log_in()
        self.living.append(person)
        if person.mode == "token":
            await person.renew()
            await person.renew()

    async def revoke(self) -> None:
        """Somebody's login, while they go on; once it is acknowledged it is over at every node."""
        person = await self.somebody().log_in()
        victim = Victim(person)
        await gather(person.revoke(), victim.go_on(), victim.go_on(), victim.go_on())
        self.dead.append(person)
        await person.is_refused()
        await victim.go_on()

    async def look(self, living: list[Person], dead: list[Person], fresh: list[Node]) -> None:
        """Whatever was acknowledged is so, at every node."""
        await gather(*(person.go_on() for person in (*self.honest, *living)))
        for person in (*self.honest, *living):
            await self._keeps_its_place(person)
        await gather(*(person.is_refused() for person in dead))
        for person in dead:
            command = {"do": "check", "mode": person.mode, "credential": person.credential}
            for node in fresh:
                answer = await node.ask(at=self.site.now, **command)
                assert answer.get("refused") in OVER, answer

    async def _keeps_its_place(self, person: Person) -> None:
        """What the store has is what its client was last given, or what it was to be given next:
        never older, and no session is revoked whose end nobody asked for."""
        row = await self.store.get(person.sid)
        assert row is not None
        assert row.revoked_at is None
        if person.mode == "token":
            root = load_root_keys(self.site.key_file, {}, sealed_exist=True)
            token = parse_refresh_token(person.refresh_token, root.derive("refresh"))
            place = (token.generation, token.branch)
            assert judge_refresh(row, *place, self.site.now, GRACE) in HONEST

    async def _until_over(self, act: Callable[[], Awaitable[None]]) -> None:
        while not self.over:
            await act()

    def _doomed(self) -> list[Node]:
        """One, or all of them."""
        nodes = self.site.random.sample(self.site.nodes, len(self.site.nodes))
        return nodes if self.site.random.random() < 0.25 else nodes[:1]

    def _newest(self, people: list[Person], since: int) -> list[Person]:
        """All since then, and some of before."""
        return people[since:] + self.site.random.sample(people[:since], min(SOME, since))


async def soaked(soak: Soak, rounds: int) -> None:
    await soak.arrive()
    for _ in range(rounds):
        await soak.round()
    await soak.look(soak.living, soak.dead, [])


@pytest.mark.parametrize("rounds", [2, pytest.param(200, marks=pytest.mark.soak)])
async def test_whatever_was_acknowledged_holds_when_nodes_are_killed(
    url: str, tmp_path: Path, rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_site(url, tmp_path, seed=rounds) as site:
        store = open_store(url)
        try:
            await soaked(Soak(site, store), rounds)
        finally:
            await store.close()
        assert site.figures["nodes killed"] >= rounds
        assert site.figures["disputes ended"] == rounds
        if rounds > 2:  # of a few kills, none may meet a request on its way
            assert site.figures["requests that got no answer"] >= rounds
    figures = ", ".join(f"{many} {name}" for name, many in site.figures.items())
    with capsys.disabled():
        print(f"\n{url.partition(':')[0]}, {rounds} rounds: {figures}")
