"""How long the recovery from a stolen signing key takes."""

from ..contender import Contender
from ..recovery import recovery
from ..row import Row


def _measure(contender: Contender) -> float | None:
    return recovery(contender).milliseconds


ROW = Row(
    id="key-recovery",
    topic="Stolen key",
    unit="ms",
    title="Recovery from a stolen signing key",
    explained="After the recovery, every process must refuse what the thief signs. Doorward"
    " withdraws the key while it serves; with plain JWTs every process restarts with a new secret.",
    how="Token mode: from the withdrawal to the last accepted request with a token of the old key,"
    " at four processes. Plain JWT: from the end of four processes until four with a new secret"
    " serve. Sessions have no signing key.",
    measure=_measure,
    last=True,
)
