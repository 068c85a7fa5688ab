"""What is counted and timed, for Prometheus to collect."""

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.process_collector import ProcessCollector

from ..errors import Reason
from .kinds import REFUSALS, kind_of

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_ENDED = ("reused", "unsteady")
_OUTCOMES = ("rotate", "replay", "rebranch", "adopt", *_ENDED)
_QUICK = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Metrics:
    """The metrics of one server.  Labels come from closed sets, never from a client."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._events = Counter(
            "doorward_events", "What happened, by kind.", ["kind"], registry=registry
        )
        self._logins = Counter("doorward_logins", "Sessions begun.", registry=registry)
        self._refusals = Counter(
            "doorward_refusals",
            "Credentials, logins and passwords refused, by reason.",
            ["reason"],
            registry=registry,
        )
        self._refreshes = Counter(
            "doorward_refreshes",
            "Refresh tokens judged, by what came of it.",
            ["outcome"],
            registry=registry,
        )
        self._thefts = Counter(
            "doorward_thefts", "Displaced refresh tokens that came back.", registry=registry
        )
        self._live = Gauge(
            "doorward_live_sessions",
            "Sessions that are live, at most a minute ago.",
            registry=registry,
        )
        self._lag = Histogram(
            "doorward_revocation_lag_seconds",
            "From the acknowledgement of a revocation to its place in the order of changes.",
            buckets=_QUICK,
            registry=registry,
        )
        self._store = Histogram(
            "doorward_store_seconds",
            "How long the session store took to answer, by method.",
            ["method"],
            buckets=_QUICK,
            registry=registry,
        )
        build = Info("doorward_build", "What is running.", registry=registry)
        build.info({"version": version("doorward")})
        ProcessCollector(registry=registry)
        self._begin()

    def happened(self, kind: str, reason: str) -> None:
        """Count an event; `reason` is of a closed set or empty."""
        self._events.labels(kind).inc()
        if kind == "login":
            self._logins.inc()
        elif kind == "refreshed":
            self._refreshes.labels(reason).inc()
        elif kind in _ENDED:  # the refusal itself is told of too, as `refused`
            self._refreshes.labels(kind).inc()
            self._thefts.inc(kind == "reused")
        elif kind_of(kind).counts == "refusal":
            self._refusals.labels(reason if kind == "refused" else kind).inc()

    def live(self, sessions: int) -> None:
        """So many sessions are live."""
        self._live.set(sessions)

    def revocation_seen(self, seconds: float) -> None:
        """So long after its acknowledgement, readers of the order of changes met a revocation."""
        self._lag.observe(seconds)

    def store_answered(self, method: str, seconds: float) -> None:
        """The store took so long."""
        self._store.labels(method).observe(seconds)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _begin(self) -> None:
        """What can be counted is there from the start, at 0: a rate needs a first value."""
        for reason in {*Reason, *REFUSALS} - {"refused"}:
            self._refusals.labels(reason)
        for outcome in _OUTCOMES:
            self._refreshes.labels(outcome)
