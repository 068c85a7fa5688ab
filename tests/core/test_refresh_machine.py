"""The refresh rules against random histories: honest tabs, bad weather, restored stores, thieves.

Claimed: no honest client is logged out by tabs, by lost or late answers (up to G), by clocks that
differ by less than G, or by a store that went back.  And of two parties with copies of one token
not both go on: by the time the victim has received two new refresh tokens, no refresh token of the
thief is worth anything (to show one ends the session), and what is left to the thief are access
tokens, for one lifetime at most.
"""

from typing import Any

import pytest
from hypothesis import Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from doorward import Auth, Reason, Rejected
from doorward.tokens import parse_refresh_token
from tests.core.scene import ROOT
from tests.core.world import (
    LOST,
    PROMPT,
    Backup,
    Browser,
    Delivery,
    G,
    Network,
    Service,
    Thief,
    at_once,
)

Place = tuple[int, int]
KEYS = ROOT.derive("refresh")
MOMENTS = st.sampled_from([1, 60, 299, 301, 700])
NODES = st.integers(0, 2)
WHICH = st.integers(0, 3)


def place_of(token: str) -> Place:
    shown = parse_refresh_token(token, KEYS)
    return shown.generation, shown.branch


class Model:
    """The family as the rules' table has it."""

    def __init__(self) -> None:
        self.current, self.parent, self.moved_at, self.ended = (0, 0), (-1, 0), 0, False

    def judge(self, shown: Place, now: int) -> str:
        if self.ended:
            return "revoked"
        if shown == self.parent and now - self.moved_at <= G:
            return "replay"
        if shown == self.parent and self.current[1] < 16:
            self.current, self.moved_at = (self.current[0], self.current[1] + 1), now
            return "rebranch"
        if shown >= self.current and shown != self.parent:
            verdict = "rotate" if shown == self.current else "adopt"
            self.current, self.parent, self.moved_at = (shown[0] + 1, 0), shown, now
            return verdict
        self.ended = True
        return "unsteady" if shown == self.parent else "reused"

    def copy(self) -> "Model":
        other = Model()
        other.__dict__.update(self.__dict__)
        return other


class Refreshing(RuleBasedStateMachine):
    """One family, its browser with many tabs, and at most one theft."""

    @initialize(spread=st.sampled_from([0, 60]), thieves_about=st.booleans())
    def begin(self, spread: int, thieves_about: bool) -> None:
        self.spread = spread
        self.thieves_about = thieves_about
        self.service = Service(skews=(0, -spread, spread))
        self.network = Network(self.service)
        issued = self.service.log_in("ann")
        self.sid = issued.session.sid
        self.victim = Browser.logged_in(issued)
        self.model = Model()
        self.backup: tuple[Backup, Model] | None = None
        self.thief: Thief | None = None
        self.received_at_theft = 0

    # --- the honest ---------------------------------------------------------------------------

    @rule(seconds=MOMENTS)
    def time_passes(self, seconds: int) -> None:
        self.network.advance(seconds)

    @rule(node=NODES, how=st.sampled_from(["prompt", "lost", "late", "slow", "very slow"]))
    def a_tab_asks(self, node: int, how: str) -> None:
        if self.model.current[1] > 13:
            how = "prompt"  # seventeen lost answers of one generation in a row end a session
        # an answer that has left must arrive before a sibling may branch by the fastest clock
        latest = G - 2 * self.spread
        delivery = {
            "prompt": PROMPT,
            "lost": LOST,
            "late": Delivery(late=latest),
            "slow": Delivery(slow=60, late=latest - 60),
            "very slow": Delivery(slow=2 * G + 100),
        }[how]
        self.victim_asks(self.service.nodes[node], delivery)

    @rule(node=NODES, how=st.sampled_from(["prompt", "lost", "late", "slow", "very slow"]))
    def a_tab_asks_as_soon_as_the_access_token_is_out(self, node: int, how: str) -> None:
        self.network.advance(max(0, self.victim.jar.access_until - self.service.clock()))
        self.a_tab_asks(node=node, how=how)

    @rule(node=NODES)
    def a_tab_comes_back_after_the_grace(self, node: int) -> None:
        out = max(self.victim.jar.access_until, self.model.moved_at + G + 1)
        self.network.advance(max(0, out - self.service.clock()))
        self.victim_asks(self.service.nodes[node], PROMPT)

    def victim_asks(self, node: Auth, delivery: Delivery) -> None:
        shown, told = self.victim.jar.refresh, len(self.service.told)
        issued = self.victim.ask(node, self.service.clock())
        self.compare(shown, node, told)
        if issued is not None:
            self.network.send(node, self.victim, issued, delivery)

    def compare(self, shown: str, node: Auth, told: int) -> None:
        """The real thing did what the model does, if it was asked to refresh at all."""
        reasons = [
            event.reason
            for event in self.service.told[told:]
            if event.kind == "refreshed"
            or (event.kind == "refused" and event.reason in ("reused", "unsteady", "revoked"))
        ]
        refreshed = [reason for reason in reasons if reason != "revoked" or self.model.ended]
        if refreshed:
            assert refreshed == [self.model.judge(place_of(shown), node.clock())]

    # --- a store that goes back ---------------------------------------------------------------

    @precondition(lambda self: self.thief is None)
    @rule()
    def a_backup_is_made(self) -> None:
        self.backup = (self.service.backup(), self.model.copy())

    @precondition(lambda self: self.thief is None and self.backup is not None)
    @rule()
    def the_store_goes_back(self) -> None:
        assert self.backup is not None
        stored, model = self.backup
        self.service.restore(stored)
        self.network.restarted()
        self.model = model.copy()

    # --- thieves --------------------------------------------------------------------------------

    @precondition(lambda self: self.thieves_about and self.thief is None)
    @rule(what=st.sampled_from(["current", "parent", "both"]), tries=st.integers(0, 5))
    def the_jar_is_copied(self, what: str, tries: int) -> None:
        seen = self.victim.seen
        held = {"current": seen[-1:], "parent": seen[-2:-1], "both": seen[-2:]}[what]
        assume(held)
        self.thief = Thief(list(held), tries)
        self.received_at_theft = self.victim.received

    @precondition(lambda self: self.thief is not None and self.thief.tries > 0)
    @rule(node=NODES, which=WHICH)
    def the_thief_tries(self, node: int, which: int) -> None:
        assert self.thief is not None
        at = self.service.nodes[node]
        shown = self.thief.tokens[-1 - which % len(self.thief.tokens)]
        told = len(self.service.told)
        self.thief.tries -= 1
        refused = self.thief.try_out(at, shown)
        self.compare(shown, at, told)
        assert refused is None or self.model.ended

    @precondition(lambda self: self.thief is not None and self.thief.tries > 0)
    @rule(which=WHICH)
    def the_thief_shadows_the_victim(self, which: int) -> None:
        self.victim_asks(self.service.nodes[0], PROMPT)
        self.the_thief_tries(node=0, which=which)

    @precondition(lambda self: self.thief is not None and self.thief.tries > 0)
    @rule(early=st.sampled_from([-1, 0, 1]), which=WHICH)
    def the_thief_reads_exp_and_is_first(self, early: int, which: int) -> None:
        left = self.victim.jar.access_until - self.service.clock()
        self.network.advance(max(0, left + early))
        self.the_thief_tries(node=0, which=which)

    @precondition(lambda self: self.thief is not None and self.thief.tries > 0)
    @rule(which=WHICH)
    def the_thief_waits_out_the_grace(self, which: int) -> None:
        left = self.model.moved_at + G + 1 - self.service.clock()
        self.network.advance(max(0, left))
        self.the_thief_tries(node=0, which=which)

    # --- what always holds ----------------------------------------------------------------------

    @invariant()
    def the_honest_stay_logged_in(self) -> None:
        if self.thief is None:
            assert self.victim.refused is None
            assert not self.model.ended
            assert self.model.copy().judge(
                place_of(self.victim.jar.refresh), self.service.clock()
            ) in ("rotate", "replay", "rebranch", "adopt")

    @invariant()
    def the_row_is_where_the_model_says(self) -> None:
        row = self.row()
        assert (row.generation, row.branch) == self.model.current
        assert (row.revoked_at is not None) is self.model.ended

    @invariant()
    def only_one_party_goes_on(self) -> None:
        if self.thief and self.victim.received - self.received_at_theft >= 2:
            assert self.nothing_is_left(self.thief)

    @invariant()
    def an_ended_session_opens_nothing(self) -> None:
        if self.model.ended and self.thief:
            for credential in (self.victim.jar.access, *self.thief.access):
                assert is_refused(self.service.nodes[0], credential)

    def nothing_is_left(self, thief: Thief) -> bool:
        now = self.service.clock()
        verdicts = {self.model.copy().judge(place_of(token), now) for token in thief.tokens}
        return verdicts <= {"reused", "revoked"}

    def row(self) -> Any:
        return at_once(self.service.nodes[0].session(self.sid))

    def teardown(self) -> None:
        """The victim goes on until it got two new refresh tokens; then the thief has nothing."""
        if not hasattr(self, "thief") or self.thief is None:
            return
        node = self.service.nodes[0]
        while not self.model.ended and self.victim.received - self.received_at_theft < 2:
            self.network.advance(2 * G + 1)
            self.victim_asks(node, PROMPT)
        for token in reversed(tuple(self.thief.tokens)):
            assert self.thief.try_out(node, token) in (Reason.REUSED, Reason.REVOKED)
        assert self.row().revoked_at is not None
        for credential in self.thief.access:
            assert is_refused(node, credential)


def is_refused(node: Auth, credential: str) -> bool:
    try:
        at_once(node.authenticate(credential))
    except Rejected:
        return True
    return False


class AtLength(Refreshing):
    """The same, for longer than the ordinary suite may take."""


TestRefreshing = Refreshing.TestCase
# It shows what fails as it was found: to look for the shortest history takes minutes.
TestRefreshing.settings = settings(
    max_examples=75, stateful_step_count=40, phases=[Phase.explicit, Phase.generate]
)
TestRefreshingAtLength = pytest.mark.soak(AtLength.TestCase)
TestRefreshingAtLength.settings = settings(max_examples=3000, stateful_step_count=40)
