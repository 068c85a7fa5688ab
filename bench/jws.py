"""Our JWS check, the signature primitive below it, and joserfc: their costs and their mistakes.

    python -W ignore bench/jws.py [ROUNDS]

Prints medians in microseconds of CPU time for a token with 400 bytes of claims.  The ways are
measured in turn, round after round, so that a busy moment of the machine hits all of them alike.
Then it counts the cases of `tests/keys/vectors` that each decides wrongly.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey, import_key

from doorward.errors import Rejected
from doorward.keys import Keyring, RootKeys, first_keys, verify_jws
from doorward.keys.algorithm import SIGNING, signing, verifier
from doorward.keys.base64url import decode
from doorward.keys.rotation import private_part

NOW = 1_700_000_000
CLAIMS = json.dumps({"sub": "x" * 370, "exp": NOW + 300}).encode()
VECTORS = Path(__file__).parents[1] / "tests" / "keys" / "vectors" / "jws.json"
ALLOWED = ["ES256", "EdDSA", "RS256", "HS256"]
GENERATE = {
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
    "RS256": lambda: RSAKey.generate_key(3072),
}
COLUMNS = ["primitive", "keyring", "verify_jws", "joserfc"]
Ways = dict[str, Callable[[], object]]


def ways(algorithm: str) -> tuple[Ways, Ways]:
    """The ways to verify, and to sign, the same token."""
    root = RootKeys((os.urandom(32),), "bench")
    keys = first_keys(algorithm, root, NOW)
    ring = Keyring(keys, root, 360)
    token = ring.sign(CLAIMS, NOW)
    public = json.loads(keys[0].public_jwk)
    text, _, tail = token.rpartition(".")
    message, signature = text.encode(), decode(tail.encode())
    header = {"alg": algorithm, "kid": keys[0].kid, "typ": "at+jwt"}
    check = verifier(algorithm, public)
    sign = signing(algorithm).signer(private_part(root, keys[0]))
    other, made = import_key(public), GENERATE[algorithm]()
    verifying: Ways = {
        "primitive": lambda: check(signature, message),
        "keyring": lambda: ring.verify(token, NOW),
        "verify_jws": lambda: verify_jws(token, public),
        "joserfc": lambda: jws.deserialize_compact(token, other, algorithms=[algorithm]),
    }
    making: Ways = {
        "primitive": lambda: sign(message),
        "keyring": lambda: ring.sign(CLAIMS, NOW),
        "joserfc": lambda: jws.serialize_compact(header, CLAIMS, made, algorithms=[algorithm]),
    }
    return verifying, making


def measure(named: Ways, rounds: int) -> dict[str, float]:
    """Median microseconds of one call, each way called ten times a round, in turn."""
    found: dict[str, list[float]] = {name: [] for name in named}
    for _ in range(rounds):
        for name, call in named.items():
            began = time.thread_time_ns()
            for _ in range(10):
                call()
            found[name].append((time.thread_time_ns() - began) / 10_000)
    return {name: median(times) for name, times in found.items()}


def ours(token: str, keys: dict[str, object]) -> bytes | None:
    """The payload, or None."""
    try:
        return verify_jws(token, keys)
    except Rejected:
        return None


def theirs(token: str, keys: dict[str, object]) -> bytes | None:
    """The payload, or None after an exception of whatever kind."""
    try:
        key = KeySet.import_key_set(keys) if "keys" in keys else import_key(keys)
        return jws.deserialize_compact(token, key, algorithms=ALLOWED).payload
    except Exception:  # noqa: BLE001 (its refusals have no common class: ValueError, TypeError, ...)
        return None


def judge(name: str, verify: Callable[[str, dict[str, object]], bytes | None]) -> None:
    """Print how many vectors are decided wrongly."""
    found = json.loads(VECTORS.read_text())
    accepted, refused = 0, 0
    for case in found["cases"]:
        payload = verify(case["token"], found["keys"][case["keys"]])
        accepted += "reason" in case and payload is not None
        refused += "payload" in case and payload is None
    print(f"{name}: of {len(found['cases'])} cases {accepted} falsely accepted, {refused} refused")


def main() -> None:
    """Print the table and the counts."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else 200
    print(f"{'us':16}" + "".join(f"{column:>12}" for column in COLUMNS))
    for algorithm in SIGNING:
        for verb, named in zip(("verify", "sign"), ways(algorithm), strict=True):
            found = measure(named, rounds)
            cells = (f"{found[name]:12.1f}" if name in found else f"{'-':>12}" for name in COLUMNS)
            print(f"{verb + ' ' + algorithm:16}" + "".join(cells))
    judge("verify_jws", ours)
    judge("joserfc", theirs)


if __name__ == "__main__":
    main()
