"""What a thousand nodes would ask of one store."""

import time

from ..caller import Caller
from ..contender import Contender
from ..row import Row, Value
from .store_reads import asked

NODES, EACH = 1000, 1000
WATCHED = 1.0


def _measure(contender: Contender) -> Value:
    if contender.label == "sqlite":
        return None
    return round(NODES * (EACH * asked(contender) + _idle(contender)))


def _idle(contender: Contender) -> float:
    """Calls a second of a process that nobody asks anything: those of what follows the store."""
    if not contender.ours:
        return 0
    with Caller(contender.cluster.ports[0]) as caller:
        before = _calls(caller)
        time.sleep(WATCHED)
        return (_calls(caller) - before) / WATCHED


def _calls(caller: Caller) -> int:
    return int(sum(caller.done("GET", "/usage").json()["calls"].values()))


ROW = Row(
    id="thousand-nodes",
    topic="Scaling",
    unit="calls/s",
    title="Asked of one store by 1,000 nodes",
    explained="A thousand nodes of 1,000 requests a second each ask one store this often."
    " One PostgreSQL or Redis answers some ten thousands to some hundred thousands of them.",
    how="1,000 times (1,000 times store-reads, and the calls in a second of an idle"
    " process, which are in both: so what follows the store is counted twice). SQLite is a file of"
    " one machine.",
    measure=_measure,
    arithmetic=True,
)
