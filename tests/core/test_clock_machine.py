"""Nodes whose clocks differ, or step, in front of one store, against random histories.

Claimed: once any node has acknowledged a lock, a change of password or of roles, or the end of one
session, of all of a subject's or of everybody's, nothing that it ended is accepted by any node at
any later time, and whatever is accepted has the roles that were given last.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from doorward import Auth, Issued, Reason, Rejected, Settings, open_store
from doorward.login import Attempt
from doorward.server.accounts.everyone import end_everyone
from doorward.settings import DAY, HOUR
from doorward.stores import Backend
from doorward.testing import FakeClock
from doorward.types import Mode, Principal, Roles
from tests.core.scene import ROOT
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey

T = TypeVar("T")

NODE = st.integers(0, 2)
WHICH = st.integers(0, 7)
WHO = st.sampled_from(["ann", "bob"])
ROLES = st.sampled_from([frozenset({"editor"}), frozenset({"admin"}), frozenset[str]()])
SKEWS = st.sampled_from([-90, 0, 90])
WRONG = st.sampled_from([0, 0, -HOUR, HOUR, 30 * DAY])
"""By how much the clock of a node is wrong for the moment in which it decides."""

IDLE, G = 120, 60


@dataclass(slots=True)
class NodeClock:
    """The clock of one node."""

    true: FakeClock
    off: int

    def __call__(self) -> int:
        return self.true() + self.off


@dataclass(slots=True)
class Held:
    """A session, and all that was ever given out for it."""

    sid: str
    subject: str
    parent: str | None
    credentials: list[str] = field(default_factory=list)
    refresh_tokens: list[str] = field(default_factory=list)

    def receive(self, issued: Issued) -> None:
        self.credentials.append(issued.credential)
        if issued.refresh_token is not None:
            self.refresh_tokens.append(issued.refresh_token)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A login that has read its user, and how often the subject had been decided about by then."""

    attempt: Attempt
    subject: str
    roles: Roles
    decided: int


class Clocks(RuleBasedStateMachine):
    """Two nodes whose clocks are wrong by always the same, and one whose clock steps."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stores: list[Backend] = []
        self.held: list[Held] = []
        self.revoked: set[str] = set()

    def new_url(self) -> str:
        """The URL of an empty store."""
        return "memory:"

    @initialize(first=SKEWS, second=SKEWS, mode=st.sampled_from(["session", "token"]))
    def begin(self, first: int, second: int, mode: Mode) -> None:
        self.clock = FakeClock()
        self.settings = Settings(
            mode=mode, access_ttl=G, idle_ttl=IDLE, absolute_ttl=10 * IDLE, max_staleness=0
        )
        url = self.new_url()
        self.stores = [open_store(url) for _ in range(1 if url == "memory:" else 3)]
        self.clocks = [NodeClock(self.clock, off) for off in (first, second, 0)]
        self.nodes = [self.node(number) for number in range(3)]
        self.roles: dict[str, Roles] = {"ann": frozenset(), "bob": frozenset()}
        self.decided = {"ann": 0, "bob": 0}
        self.under_way: list[UnderWay] = []

    def node(self, number: int) -> Auth:
        store = self.stores[number % len(self.stores)]
        return Auth(store, self.settings, ROOT, clock=self.clocks[number])

    def run(self, verb: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(verb)

    def teardown(self) -> None:
        """What is left at the end is tried for as long as anything could live."""
        try:
            for seconds in (1, 28, G, IDLE, 10 * IDLE):
                self.nothing_revoked_is_accepted()
                self.clock.advance(seconds)
        finally:
            for store in self.stores:
                self.run(store.close())
            self.runner.close()

    # --- time -----------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 29, 40, 61, 130, 700, DAY]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(off=st.sampled_from([-300, -90, -3, 0, 3, 90, 300]))
    def the_third_clock_steps(self, off: int) -> None:
        self.clocks[2].off = off

    @rule(node=NODE)
    def a_node_starts_anew(self, node: int) -> None:
        self.nodes[node] = self.node(node)

    @rule(node=NODE)
    def a_node_purges(self, node: int) -> None:
        self.run(self.nodes[node].purge())

    # --- people ---------------------------------------------------------------------------------

    @rule(node=NODE, who=WHO)
    def a_login_begins(self, node: int, who: str) -> None:
        attempt = self.run(self.nodes[node].attempt())
        self.under_way.append(UnderWay(attempt, who, self.roles[who], self.decided[who]))

    @precondition(lambda self: self.under_way)
    @rule(which=WHICH, below=st.booleans())
    def a_login_ends(self, which: int, below: bool) -> None:
        login = self.under_way.pop(which % len(self.under_way))
        parents = [held.sid for held in self.held if below and held.subject == login.subject]
        parent = parents[-1] if parents else None
        try:
            act = login.attempt.login(login.subject, roles=login.roles, parent_sid=parent)
            issued = self.run(act)
        except Rejected as refused:
            if refused.reason is not Reason.SUPERSEDED:
                raise
            return
        assert login.decided == self.decided[login.subject]
        assert parent not in self.revoked
        self.held.append(Held(issued.session.sid, login.subject, parent))
        self.held[-1].receive(issued)

    @rule(node=NODE, who=WHO)
    def somebody_logs_in(self, node: int, who: str) -> None:
        self.a_login_begins(node=node, who=who)
        self.a_login_ends(which=len(self.under_way) - 1, below=False)

    @precondition(lambda self: self.held)
    @rule(node=NODE, which=WHICH)
    def somebody_asks(self, node: int, which: int) -> None:
        held = self.one(which)
        self.accepted(self.nodes[node], held, held.credentials[-1])

    @precondition(lambda self: any(held.refresh_tokens for held in self.held))
    @rule(node=NODE, which=WHICH)
    def somebody_refreshes(self, node: int, which: int) -> None:
        held = self.one(which)
        try:
            held.receive(self.run(self.nodes[node].refresh(held.refresh_tokens[-1])))
        except Rejected:
            return
        assert held.sid not in self.revoked

    @precondition(lambda self: self.held)
    @rule(node=NODE, which=WHICH)
    def somebody_steps_up(self, node: int, which: int) -> None:
        held = self.one(which)
        principal = self.accepted(self.nodes[node], held, held.credentials[-1])
        if principal is not None:
            held.receive(self.run(self.nodes[node].elevate(principal)))

    @rule(node=NODE, who=st.sampled_from(["ann", "bob", None]))
    def a_list_shows_only_who_is_live(self, node: int, who: str | None) -> None:
        rows = self.run(self.nodes[node].sessions(who))
        assert not {row.sid for row in rows} & self.revoked
        assert all(row.ends_at > self.clocks[node]() for row in rows)

    # --- decisions ------------------------------------------------------------------------------

    @rule(node=NODE, wrong=WRONG, who=WHO)
    def somebody_is_locked(self, node: int, wrong: int, who: str) -> None:
        self.decide(node, wrong, self.nodes[node].revoke(subject=who))
        self.ended(self.sids_of(who))
        self.decided[who] += 1

    @precondition(lambda self: self.held)
    @rule(node=NODE, wrong=WRONG, which=WHICH)
    def somebody_changes_the_password(self, node: int, wrong: int, which: int) -> None:
        this = self.one(which)
        self.decide(node, wrong, self.nodes[node].revoke(subject=this.subject, keep=this.sid))
        self.ended(self.sids_of(this.subject), keep=this.sid)
        self.decided[this.subject] += 1

    @precondition(lambda self: self.held)
    @rule(node=NODE, wrong=WRONG, which=WHICH, by_owner=st.booleans())
    def one_session_is_ended(self, node: int, wrong: int, which: int, by_owner: bool) -> None:
        this, auth = self.one(which), self.nodes[node]
        act = auth.logout(this.credentials[-1]) if by_owner else auth.revoke(sid=this.sid)
        self.decide(node, wrong, act)
        self.ended([this.sid])

    @rule(node=NODE, wrong=WRONG, who=WHO, roles=ROLES)
    def somebody_gets_other_roles(self, node: int, wrong: int, who: str, roles: Roles) -> None:
        self.decide(node, wrong, self.nodes[node].change(who, roles=roles))
        self.roles[who] = roles
        self.decided[who] += 1
        for held in self.held:
            if held.subject == who:
                for auth in self.nodes:
                    self.accepted(auth, held, held.credentials[-1])

    @rule(node=NODE, wrong=WRONG)
    def everybody_is_ended(self, node: int, wrong: int) -> None:
        self.decide(node, wrong, end_everyone(self.nodes[node]))
        self.ended(held.sid for held in self.held)

    def decide(self, node: int, wrong: int, act: Coroutine[Any, Any, object]) -> None:
        self.clocks[node].off += wrong
        self.run(act)
        self.clocks[node].off -= wrong

    def ended(self, sids: Iterable[str], keep: str | None = None) -> None:
        met = set(sids) - self.revoked - {keep}
        below = {held.sid for held in self.held if held.parent in met}
        self.revoked |= met | (below - {keep})

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def nothing_revoked_is_accepted(self) -> None:
        for held in self.held:
            if held.sid in self.revoked:
                for auth in self.nodes:
                    self.is_out(auth, held)

    def is_out(self, auth: Auth, held: Held) -> None:
        for credential in held.credentials[-2:]:
            assert self.accepted(auth, held, credential) is None
        for token in held.refresh_tokens[-2:]:
            with pytest.raises(Rejected):
                self.run(auth.refresh(token))

    def accepted(self, auth: Auth, held: Held, credential: str) -> Principal | None:
        """Who it is, with the roles that were given last; None when it is refused."""
        try:
            principal = self.run(auth.authenticate(credential))
        except Rejected:
            return None
        assert held.sid not in self.revoked
        assert principal.roles == self.roles[held.subject]
        return principal

    def one(self, which: int) -> Held:
        return self.held[-1 - which % len(self.held)]

    def sids_of(self, who: str) -> list[str]:
        return [held.sid for held in self.held if held.subject == who]


def play(new_url: Callable[[], str], examples: int) -> None:
    """Histories, each in an empty store."""

    class Somewhere(Clocks):
        def new_url(self) -> str:
            return new_url()

    # It shows what fails as it was found: to look for the shortest history takes minutes.
    phases = [Phase.explicit, Phase.generate]
    run_state_machine_as_test(
        Somewhere,
        settings=settings(max_examples=examples, stateful_step_count=40, phases=phases),
    )


@pytest.mark.parametrize("examples", [25, pytest.param(1000, marks=pytest.mark.soak)])
def test_what_a_node_decides_binds_nodes_with_other_clocks(examples: int) -> None:
    play(lambda: "memory:", examples)


@pytest.mark.engine
@pytest.mark.parametrize("examples", [10, pytest.param(300, marks=pytest.mark.soak)])
def test_what_a_node_decides_binds_nodes_with_other_clocks_on_one_file(
    tmp_path: Path, examples: int
) -> None:
    files = count()
    play(lambda: f"sqlite:///{tmp_path}/{next(files)}.db", examples)


@pytest.mark.soak
def test_what_a_node_decides_binds_nodes_with_other_clocks_in_postgresql(
    postgres: Postgres,
) -> None:
    play(postgres.new_database, 200)


@pytest.mark.soak
@pytest.mark.process
def test_what_a_node_decides_binds_nodes_with_other_clocks_in_valkey(valkey: Valkey) -> None:
    def emptied() -> str:
        valkey.ask("FLUSHALL")
        return valkey.url

    play(emptied, 200)
