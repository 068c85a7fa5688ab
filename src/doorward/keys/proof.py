"""Tokens that bring the key which signed them: they prove that their maker holds it."""

from collections.abc import Mapping
from typing import NamedTuple

from ..errors import Reason, Rejected
from .jwk import Jwk, algorithm_of, thumbprint, verifier_of
from .jws import REFUSED, split

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class KeyProof(NamedTuple):
    """What the holder of a key signed, and the thumbprint of the key (RFC 7638)."""

    payload: bytes
    jkt: str


def verify_key_proof(token: str, typ: str) -> KeyProof:
    """Read a token of this `typ` that is signed by the key in its own header (RFC 9449 section
    4.3).  It says nothing of whose key that is.

    Raises `Rejected`: `malformed`, also for a private or symmetric key and for an algorithm that is
    not the key's own; `bad_signature`.
    """
    parts = split(token, REFUSED - {"jwk"})
    key = _public(parts.header.get("jwk"))
    if parts.header.get("typ") != typ or algorithm_of(key) != parts.algorithm:
        raise Rejected(Reason.MALFORMED, "the type of a proof, or the algorithm of its key")
    if not verifier_of(key)(parts.signature, parts.message):
        raise Rejected(Reason.BAD_SIGNATURE)
    return KeyProof(parts.payload, thumbprint(key))


def _public(key: object) -> Jwk:
    if not isinstance(key, Mapping) or not _PRIVATE.isdisjoint(key):
        raise Rejected(Reason.MALFORMED, "a proof brings one public key")
    return key
