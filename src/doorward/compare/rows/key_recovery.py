"""How long it takes to make what a stolen key signs worthless."""

from ..contender import Contender
from ..recovery import recovery
from ..row import Row


def _measure(contender: Contender) -> float | None:
    return recovery(contender).milliseconds


ROW = Row(
    id="key-recovery",
    topic="Stolen key",
    unit="ms",
    title="To get over a stolen signing key",
    explained="Whatever the thief signs must stop working at every process."
    " Doorward withdraws the key while it serves; a plain JWT needs another secret everywhere.",
    how="Token mode: from the withdrawal to the last good answer to a token of the old key, at four"
    " processes. Plain JWT: four processes end and start with another secret. Sessions have no"
    " signing key.",
    measure=_measure,
    last=True,
)
