"""Processes of one agent that share a refresh token, and thieves of it, under several rules.

    python bench/shared_refresh.py [--days N] [--quick]

A simulation with the real `Grants` on a store in memory and a clock that is a number.  Each day is
a grant of its own.  For eight hours each process makes a request every six minutes on average, and
refreshes when its access token has expired.  It keeps the token that it read in the morning, or
rereads the shared one before each refresh.  A thief copies the token at a random hour of the first
half of the day, and refreshes day and night for five days, on which the agent works too.

`same-place` is the rule that was proposed: an older token of a live grant, from the address bucket
and client family in which the grant began, gets an access token; nothing is written.  `latest
place` asks for the place of the latest rotation instead.  `tied to the place` is `same-place`, and
ends the grant when even the newest token comes from elsewhere.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from doorward import Issued, Rejected, Settings, open_store
from doorward.grants import Grants
from doorward.settings import DAY, HOUR, MINUTE
from doorward.testing import FakeClock
from doorward.types import Device, Session
from tests.core.scene import ROOT
from tests.core.world import at_once

API, KEY = "https://api.example.com", "k" * 43
HOME, AWAY = Device("192.0.2.7", "agent/1"), Device("198.51.100.9", "agent/1")
WORK = 8 * HOUR
BETWEEN = 6 * MINUTE
"""Seconds between two requests of a process, on average."""

AFTER_THEFT = 5
"""Days for which a thief goes on."""

SEED = 20_260
THE_THIEF = -1
"""Its number among the processes."""


class Rule(NamedTuple):
    """`grace` in seconds, or None for the setting's: the life of an access token."""

    name: str
    grace: int | None = None
    older_at_home: bool = False
    older_where_last: bool = False
    only_at_home: bool = False
    bound: bool = False


STRICT = Rule("strict")
SAME_PLACE = Rule("same-place", older_at_home=True)
LATEST = Rule("latest place", older_where_last=True)
TIED = Rule("tied to the place", older_at_home=True, only_at_home=True)
BOUND = Rule("bound to a key", bound=True)
GRACES = (Rule("grace 1 h", HOUR), Rule("grace 8 h", 8 * HOUR))
ALL = (STRICT, *GRACES, SAME_PLACE, LATEST, TIED, BOUND)


class Server:
    """Grants under one rule.  What is not a rule of `Grants` stands here in front of it."""

    def __init__(self, rule: Rule, access_ttl: int) -> None:
        self.rule, self.clock = rule, FakeClock()
        self._last: dict[str, Device] = {}
        settings = Settings(mode="token", access_ttl=access_ttl, refresh_grace=rule.grace)
        self.grants = Grants(open_store("memory:"), settings, ROOT, clock=self.clock)

    def begin(self, subject: str) -> Issued:
        attempt = at_once(self.grants.attempt())
        return at_once(
            attempt.begin(
                subject,
                client_id="agent",
                audience=API,
                device=HOME,
                jkt=KEY if self.rule.bound else "",
                bound=self.rule.bound,
            )
        )

    def refresh(self, token: str, place: Device, jkt: str) -> Issued:
        """Raises `Rejected`."""
        row = at_once(self.grants.owner(token))
        assert row is not None
        if row.revoked_at is None and self.rule.only_at_home and place != row.device:
            at_once(self.grants.revoke(row.sid))
        elif row.revoked_at is None and self._is_trusted(row, place):
            shown = self.grants._credentials.read_refresh_token(token)
            if (shown.generation, shown.branch) < (row.generation, row.branch):
                issue = self.grants._credentials.issue
                return at_once(issue(row, shown.secret, "token", keep=True))
        issued = at_once(self.grants.refresh(token, place, jkt=jkt))
        if issued.refresh_token is not None:
            self._last[row.sid] = place
        return issued

    def _is_trusted(self, row: Session, place: Device) -> bool:
        """Whether an older token may come from this place."""
        if self.rule.older_where_last:
            return place == self._last.get(row.sid, row.device)
        return self.rule.older_at_home and place == row.device

    def is_dead(self, sid: str) -> bool:
        row = at_once(row_of(self.grants, sid))
        return row is None or row.revoked_at is not None


async def row_of(grants: Grants, sid: str) -> Session | None:
    return await grants.store.get(sid)


@dataclass(slots=True)
class Shared:
    """What is on the disk, which all processes of the agent write."""

    token: str


@dataclass(slots=True)
class Party:
    """A process of the agent, or a thief.  `reads` is the disk, if it is reread before a refresh;
    `writes` where a new token goes."""

    server: Server
    token: str
    jkt: str
    place: Device = HOME
    reads: Shared | None = None
    writes: Shared | None = None
    access_until: int = 0
    refused: bool = False
    accesses: int = 0

    def request(self) -> None:
        if self.refused or self.server.clock() < self.access_until:
            return
        try:
            shown = self.token if self.reads is None else self.reads.token
            issued = self.server.refresh(shown, self.place, self.jkt)
        except Rejected:
            self.refused = True
            return
        self.accesses += 1
        self.access_until = issued.credential_expires_at
        if issued.refresh_token is not None:
            self.token = issued.refresh_token
            if self.writes is not None:
                self.writes.token = self.token


def key_of(rule: Rule) -> str:
    return KEY if rule.bound else ""


def agent(
    server: Server, issued: Issued, processes: int, disk: Shared, *, rereads: bool
) -> list[Party]:
    return [
        Party(
            server,
            disk.token,
            key_of(server.rule),
            reads=disk if rereads else None,
            writes=disk,
            access_until=issued.credential_expires_at,
        )
        for _ in range(processes)
    ]


def requests(chance: random.Random, processes: int, begin: int) -> Iterator[tuple[int, int]]:
    """The requests of a day: when, and of which process."""
    for process in range(processes):
        at = begin
        while (at := at + round(chance.expovariate(1 / BETWEEN)) + 1) < begin + WORK:
            yield at, process


# --- the honest ----------------------------------------------------------------------------------


class Honest(NamedTuple):
    dead: int
    after: float
    """Hours until the median of those that died."""


def honest(
    rule: Rule, days: int, processes: int, access: int, rereads: bool, moves: bool = False
) -> Honest:
    """With `moves` the machine is in another network after noon."""
    chance, server, died = random.Random(SEED), Server(rule, access), []
    for day in range(days):
        begin = server.clock()
        issued = server.begin(f"u{day}")
        disk = Shared(issued.refresh_token or "")
        parties = agent(server, issued, processes, disk, rereads=rereads)
        for at, process in sorted(requests(chance, processes, begin)):
            server.clock.now = at
            party = parties[process]
            party.place = AWAY if moves and at > begin + WORK // 2 else HOME
            party.request()
            if party.refused:
                died.append((at - begin) / HOUR)
                break
        server.clock.now = begin + DAY
    return Honest(len(died), median(died) if died else 0.0)


# --- thieves -------------------------------------------------------------------------------------


class Thief(NamedTuple):
    """Where a thief is, and whether it is faster than the agent with the token that it copied."""

    name: str
    place: Device
    first: bool
    has_key: bool = False


THIEVES = (
    Thief("elsewhere, first", AWAY, first=True),
    Thief("elsewhere, later", AWAY, first=False),
    Thief("same address, first", HOME, first=True),
    Thief("same address, later", HOME, first=False),
)
WITH_KEY = Thief("same address, with the key", HOME, first=True, has_key=True)


class Stolen(NamedTuple):
    """Of all thefts: how many gave access, for how many hours (the median, and all in one), how
    many ended the grant, and how many thieves had access when the five days were over."""

    with_access: int
    hours: float
    ended: int
    lasting: int


def stolen(rule: Rule, thief: Thief, days: int, processes: int, access: int) -> Stolen:
    chance = random.Random(SEED)
    found = [theft(Server(rule, access), thief, chance, processes, access) for _ in range(days)]
    hours = [each[0] for each in found]
    return Stolen(
        sum(each > 0 for each in hours),
        median(hours),
        sum(each[1] for each in found),
        sum(each[2] for each in found),
    )


def theft(
    server: Server, thief: Thief, chance: random.Random, processes: int, access: int
) -> tuple[float, bool, bool]:
    """Hours of access, whether the grant was ended, and whether the thief had access at the end."""
    begin = server.clock()
    issued = server.begin("ann")
    sid, disk = issued.session.sid, Shared(issued.refresh_token or "")
    parties = agent(server, issued, processes, disk, rereads=True)
    copied_at, end = begin + chance.randint(access, WORK // 2), begin + AFTER_THEFT * DAY
    plan = [(at, THE_THIEF) for at in range(copied_at, end, MINUTE)]
    for day in range(AFTER_THEFT):
        plan += requests(chance, processes, begin + day * DAY)
    other: Party | None = None
    copied, minutes = "", 0
    for at, process in sorted(plan):
        server.clock.now = at
        if process != THE_THIEF:
            parties[process].request()
            continue
        copied = copied or disk.token
        if other is None:
            if not (thief.first or server.rule.bound or disk.token != copied):
                continue  # the agent is first
            other = Party(server, copied, KEY if thief.has_key else "", thief.place)
        other.request()
        if other.refused or server.is_dead(sid):
            break
        minutes += 1
    ended = server.is_dead(sid)
    lasting = other is not None and not ended and not other.refused
    return minutes / 60, ended, lasting


# --- what is said --------------------------------------------------------------------------------


def say_honest(days: int, processes: Sequence[int]) -> None:
    print(f"Grants of {days} that died in a working day; the median of those, in hours")
    heads = [f"{each} {how}" for each in processes for how in ("memory", "reread")]
    for access, called in ((5 * MINUTE, "5 min"), (HOUR, "1 h")):
        print(f"{f'access {called}':20}" + "".join(f"{head:>13}" for head in heads))
        for rule in ALL:
            cells = [
                honest(rule, days, each, access, rereads)
                for each in processes
                for rereads in (False, True)
            ]
            print(f"{rule.name:20}" + "".join(f"{_cell(each):>13}" for each in cells), flush=True)
    print("the machine is in another network after noon, access 5 min")
    for rule in ALL:
        cells = [
            honest(rule, days, each, 5 * MINUTE, rereads, moves=True)
            for each in processes
            for rereads in (False, True)
        ]
        print(f"{rule.name:20}" + "".join(f"{_cell(each):>13}" for each in cells), flush=True)


def _cell(found: Honest) -> str:
    return f"{found.dead} ({found.after:.1f} h)" if found.dead else "0"


def say_stolen(days: int, processes: int) -> None:
    print(f"\n{days} thefts from an agent of {processes}, access 5 min, during {AFTER_THEFT} days")
    heads = ("gave access", "median h", "grant ended", "lasting")
    print(f"{'':48}" + "".join(f"{head:>13}" for head in heads))
    for rule in ALL:
        for thief in (*THIEVES, WITH_KEY) if rule.bound else THIEVES:
            found = stolen(rule, thief, days, processes, 5 * MINUTE)
            cells = (found.with_access, f"{found.hours:.1f}", found.ended, found.lasting)
            shown = "".join(f"{cell:>13}" for cell in cells)
            print(f"{f'{rule.name}, {thief.name}':48}{shown}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="no more than 2 processes")
    options = parser.parse_args()
    say_honest(options.days, (1, 2) if options.quick else (1, 2, 4, 8))
    for processes in (1, 4):
        say_stolen(options.days, processes)


if __name__ == "__main__":
    main()
