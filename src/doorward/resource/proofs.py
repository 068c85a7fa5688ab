"""Proofs of keys that were shown with tokens (RFC 9449), each good once in this process."""

from ..dpop import REMEMBERED, Proof, read_proof
from ..errors import Rejected
from .refusal import Refused

MOST = 100_000
"""Proofs that are remembered.  What comes then is refused, since none may be forgotten early."""


class Proofs:
    """Reads proofs for the API at `origin`, and remembers those that were used."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._used: dict[str, int] = {}

    def read(self, proof: str, *, method: str, path: str, token: str, at: int) -> Proof:
        """What a proof says, for a request to this path with this token.  Raises `Refused`."""
        try:
            return read_proof(proof, method=method, uri=self._origin + path, at=at, token=token)
        except Rejected as error:
            raise Refused("invalid_dpop_proof", error.detail or error.reason) from None

    def use(self, proof: Proof, at: int) -> None:
        """Use a proof up: call it once everything else is in order, so that strangers fill no
        memory.  Raises `Refused` for one that was used."""
        while self._used and (oldest := next(iter(self._used))) and self._used[oldest] <= at:
            del self._used[oldest]
        if proof.id in self._used:
            raise Refused("invalid_dpop_proof", "used before")
        if len(self._used) >= MOST:
            raise Refused("unavailable", "too many proofs")
        self._used[proof.id] = at + REMEMBERED
