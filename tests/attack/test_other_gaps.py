"""Defences that are missing in other ways than the table tries: the attack succeeds too."""

import base64
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from doorward.attack import client as clients
from doorward.attack import forge, instances
from doorward.attack.catalogue import chosen
from doorward.attack.instances import own_instance
from doorward.attack.lab import Instance
from doorward.attack.target import Unusable, Way
from doorward.keys.ring import Keyring
from doorward.server.http import limits
from doorward.types import Mode
from tests.attack import support
from tests.attack.defences import DEFENCES
from tests.attack.support import verdict_of

pytestmark = pytest.mark.process

Patch = Callable[[pytest.MonkeyPatch], None]


def by_key(token: str, key: object) -> bytes:
    """The payload, if this key signed the token; raises for another signature."""
    message, _, signature = token.rpartition(".")
    raw = forge.decode(signature)
    pair = encode_dss_signature(*(int.from_bytes(half, "big") for half in (raw[:32], raw[32:])))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(pair, message.encode(), ec.ECDSA(SHA256()))
    return forge.decode(message.split(".")[1])


def verifying(patch: pytest.MonkeyPatch, lax: Callable[[str, dict[str, str]], str | bytes]) -> None:
    """Let `lax` read a token first; a text that it returns is verified in its place."""
    strict = Keyring.verify

    def verify(ring: Keyring, token: str, now: int) -> bytes:
        try:
            found = lax(token, forge.header_of(token))
        except (InvalidSignature, ValueError, LookupError):
            found = token
        return found if isinstance(found, bytes) else strict(ring, found, now)

    patch.setattr(Keyring, "verify", verify)


def fetching(name: str) -> Patch:
    def lax(token: str, header: dict[str, str]) -> str:
        if name in header:
            urlopen(header[name], timeout=5).close()  # noqa: S310 - the lab's own page
        return token

    return lambda patch: verifying(patch, lax)


def chains(patch: pytest.MonkeyPatch) -> None:
    def lax(token: str, header: dict[str, str]) -> str | bytes:
        if "x5c" not in header:
            return token
        leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
        return by_key(token, leaf.public_key())

    verifying(patch, lax)


def unused_bits(patch: pytest.MonkeyPatch) -> None:
    """A signature is read as lax decoders do: the last bits of its text count for nothing."""

    def lax(token: str, header: dict[str, str]) -> str:
        message, _, signature = token.rpartition(".")
        good = len(signature) == 86 and "=" not in token
        return f"{message}.{forge.encode(forge.decode(signature))}" if good else token

    verifying(patch, lax)


def bodies(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(limits, "MAX_BODY", 10**7)


@pytest.mark.parametrize(
    ("id", "mode", "patch"),
    [
        ("forged-key", "token", fetching("jku")),
        ("forged-key", "token", fetching("x5u")),
        ("forged-key", "token", chains),
        ("forged-shape", "token", unused_bits),
        ("oversized", "session", bodies),
    ],
    ids=["jku", "x5u", "x5c", "unused bits", "large bodies"],
)
def test_without_the_defence_the_attack_succeeds(
    id: str, mode: Mode, patch: Patch, own: dict[str, Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    patch(monkeypatch)
    verdict = verdict_of(chosen(id)[0], own, Way(mode, "bearer"))
    assert verdict.outcome == "succeeded", verdict.why


def test_sign_ups_that_a_limiter_turned_away_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    DEFENCES["one mailbox has one account"](monkeypatch)
    monkeypatch.setattr(instances, "SIGNUPS", 1)
    for module in (clients, support):
        monkeypatch.setattr(module, "another_source", lambda ip: "")
    with own_instance("session") as instance, pytest.raises(Unusable):
        verdict_of(chosen("mailbox-twins")[0], {"session": instance}, Way("session", "bearer"))
