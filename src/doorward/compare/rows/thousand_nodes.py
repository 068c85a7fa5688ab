"""The calls that a thousand nodes would send one store."""

import time

from ..client import Client
from ..contender import Contender
from ..row import Row, Value
from .store_reads import calls_per_request

NODES, EACH = 1000, 1000
WATCHED = 1.0


def _measure(contender: Contender) -> Value:
    if contender.label == "sqlite":
        return None
    return round(NODES * (EACH * calls_per_request(contender) + _idle(contender)))


def _idle(contender: Contender) -> float:
    """Calls a second of an idle process, which come from the follower of the store."""
    if not contender.ours:
        return 0
    with Client(contender.cluster.ports[0]) as client:
        before = _calls(client)
        time.sleep(WATCHED)
        return (_calls(client) - before) / WATCHED


def _calls(client: Client) -> int:
    return int(client.send_ok("GET", "/usage").json()["calls"])


ROW = Row(
    id="thousand-nodes",
    topic="Scaling",
    unit="calls/s",
    title="Store load of 1,000 nodes",
    explained="A thousand nodes that serve 1,000 requests a second each send one store this many"
    " calls. Compare that with the calls a second that your store can answer.",
    how="1,000 times the sum of 1,000 times store-reads and of the calls that an idle process makes"
    " in a second. Both contain the calls of the follower; they are counted twice, so the figure"
    " is too high. SQLite is"
    " left out, because its file is on one machine.",
    measure=_measure,
    arithmetic=True,
)
