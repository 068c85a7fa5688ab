"""Browsers in bad weather for two hours: nobody is logged out.

Every browser has eight tabs on one cookie jar.  Half of all answers are lost, the rest come late by
up to G.  The seeds are fixed.  The soak has a thousand browsers, or as many as `DOORWARD_BROWSERS`
says, and more seeds.
"""

import os
from heapq import heapify, heappop, heappush
from random import Random

import pytest

from tests.core.world import LOST, Browser, Delivery, G, Network, Service

FEW, MANY = 60, int(os.environ.get("DOORWARD_BROWSERS", "1000"))
SEED = 20_300
TABS = 8
TWO_HOURS = 7200
BETWEEN_REQUESTS = 1200
"""Seconds between two requests of one tab, at most."""


class Weather:
    """What happens to answers: half are lost, the rest start late, travel long, or both."""

    def __init__(self, seed: int, longest_way: int) -> None:
        self.random = Random(seed)
        self.longest_way = longest_way

    def delivery(self) -> Delivery:
        if self.random.random() < 0.5:
            return LOST
        if self.random.random() < 0.5:
            return Delivery(slow=self.random.randint(0, G))
        slow = self.random.randint(0, self.longest_way)
        return Delivery(slow=slow, late=self.random.randint(0, self.longest_way - slow))


def two_hours(service: Service, weather: Weather, count: int) -> list[Browser]:
    """Every browser's tabs ask at times of their own; the browsers as they are afterwards."""
    network, random = Network(service), weather.random
    browsers = [Browser.logged_in(service.log_in(f"u{n}")) for n in range(count)]
    begun = service.clock()
    turns = [
        (random.randint(0, BETWEEN_REQUESTS), n, tab) for n in range(count) for tab in range(TABS)
    ]
    heapify(turns)
    while turns[0][0] < TWO_HOURS:
        at, n, tab = heappop(turns)
        heappush(turns, (at + random.randint(1, BETWEEN_REQUESTS), n, tab))
        network.advance(begun + at - service.clock())
        node = random.choice(service.nodes)
        issued = browsers[n].ask(node, service.clock())
        if issued is not None:
            network.send(node, browsers[n], issued, weather.delivery())
    network.advance(2 * G)
    return browsers


@pytest.mark.parametrize(
    ("skews", "longest_way"),
    [
        pytest.param((0,), G, id="one clock"),
        # an answer that has left must arrive before a sibling branches by the fastest clock
        pytest.param((-60, 0, 60), G - 120, id="clocks that differ"),
    ],
)
@pytest.mark.parametrize(
    ("count", "seed"),
    [
        (FEW, SEED),
        *(pytest.param(MANY, SEED + n, marks=pytest.mark.soak) for n in range(10)),
    ],
)
def test_nobody_is_logged_out_by_tabs_and_bad_weather(
    skews: tuple[int, ...], longest_way: int, count: int, seed: int
) -> None:
    service = Service(skews=skews)
    browsers = two_hours(service, Weather(seed, longest_way), count)
    assert [browser.refused for browser in browsers if browser.refused is not None] == []
    verdicts = [event.reason for event in service.told if event.kind == "refreshed"]
    for verdict in ("rotate", "replay", "rebranch"):
        assert verdicts.count(verdict) > count  # the weather was bad indeed
    assert {"reused", "unsteady", "revoked"}.isdisjoint(event.kind for event in service.told)
    for browser in browsers:
        assert (
            browser.ask(service.nodes[0], service.clock()) is not None
        )  # its access token is out by now
        assert browser.refused is None
