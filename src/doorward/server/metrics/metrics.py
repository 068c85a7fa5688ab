"""The counters and timers that Prometheus collects."""

import os
from collections.abc import Collection, Mapping
from functools import partial
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from ...errors import Reason
from ..audit.kinds import Kinds

# beside every counter, the moment of its making (the library leaves this function untyped)
disable_created_metrics()  # type: ignore[no-untyped-call]

VERSION = version("doorward")
"""Doorward's own."""

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_ENDED = ("reused", "unsteady")
_OUTCOMES = ("rotate", "replay", "rebranch", "adopt", *_ENDED)
_QUICK = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class _Counters:
    """Counts events from the start of the server."""

    def __init__(self, registry: CollectorRegistry, refusals: Collection[str]) -> None:
        count = partial(Counter, registry=registry)
        self.events = count("doorward_events", "What happened, by kind.", ["kind"])
        self.logins = count("doorward_logins", "Sessions begun.")
        described = "Credentials, logins and passwords refused, by reason."
        self.refusals = count("doorward_refusals", described, ["reason"])
        judged = "Refresh tokens presented, by outcome."
        self.refreshes = count("doorward_refreshes", judged, ["outcome"])
        self.thefts = count("doorward_thefts", "Displaced refresh tokens that came back.")
        self._begin(refusals)

    def _begin(self, refusals: Collection[str]) -> None:
        """What can be counted is there from the start, at 0: a rate needs a first value."""
        for reason in {*Reason, *refusals} - {"refused"}:
            self.refusals.labels(reason)
        for outcome in _OUTCOMES:
            self.refreshes.labels(outcome)


class _Gauges:
    """How things are now."""

    def __init__(self, registry: CollectorRegistry) -> None:
        gauge = partial(Gauge, registry=registry, multiprocess_mode="mostrecent")
        self.live = gauge("doorward_live_sessions", "Live sessions, as of at most a minute ago.")
        self.view_age = gauge(
            "doorward_view_age_seconds",
            "Age of what this process knows of the store; 0 where it asks each time.",
        )
        self.store = gauge(
            "doorward_store_figure",
            "Figures of the session store about itself, by name.",
            ["figure"],
        )


class _Timers:
    """How long things take."""

    def __init__(self, registry: CollectorRegistry) -> None:
        time = partial(Histogram, registry=registry, buckets=_QUICK)
        self.lag = time(
            "doorward_revocation_lag_seconds",
            "From the acknowledgement of a revocation to its place in the order of changes.",
        )
        self.store = time(
            "doorward_store_seconds",
            "How long the session store took to answer, by method.",
            ["method"],
        )


class Metrics:
    """The metrics of one server.  Labels come from closed sets, never from a client.

    Of several workers, each answers for all: what one counts stands in a file that the others read
    too, and stays when it dies.
    """

    def __init__(self, kinds: Kinds) -> None:
        registry = CollectorRegistry()
        self._kinds = kinds
        self._counters = _Counters(registry, kinds.that_count_as("refusal"))
        self._gauges = _Gauges(registry)
        self._timers = _Timers(registry)
        self._shown = _shown(registry)

    def happened(self, kind: str, reason: str) -> None:
        """Count an event; `reason` is of a closed set or empty."""
        count = self._counters
        count.events.labels(kind).inc()
        if kind == "login":
            count.logins.inc()
        elif kind == "refreshed":
            count.refreshes.labels(reason).inc()
        elif kind in _ENDED:  # the refusal itself is told of too, as `refused`
            count.refreshes.labels(kind).inc()
            count.thefts.inc(kind == "reused")
        elif self._kinds.of(kind).counts == "refusal":
            count.refusals.labels(reason if kind == "refused" else kind).inc()

    def live(self, sessions: int) -> None:
        """So many sessions are live."""
        self._gauges.live.set(sessions)

    def view_is(self, age: float) -> None:
        """Set the age in seconds of what this process knows of the store."""
        self._gauges.view_age.set(age)

    def store_tells(self, figures: Mapping[str, float]) -> None:
        """The store's own figures; see `doorward.stores.Watched`."""
        for name, figure in figures.items():
            self._gauges.store.labels(name).set(figure)

    def revocation_seen(self, seconds: float) -> None:
        """So long after its acknowledgement, readers of the order of changes met a revocation."""
        self._timers.lag.observe(seconds)

    def store_answered(self, method: str, seconds: float) -> None:
        """The store took so long."""
        self._timers.store.labels(method).observe(seconds)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._shown)


def _shown(registry: CollectorRegistry) -> CollectorRegistry:
    """What is collected: what this process counts in `registry`, or what all workers do."""
    shown = registry
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        shown = CollectorRegistry()
        MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
    else:
        ProcessCollector(registry=shown)  # one worker's memory says nothing of the others'
    build = Info("doorward_build", "What is running.", registry=shown)
    build.info({"version": VERSION})
    return shown
