"""Public vectors: Wycheproof's JSON Web Signatures and Keys, and the JOSE cookbook (RFC 7520).

They are read where they lie: in the folder that DOORWARD_VECTORS names, or in `../shared/vectors`
beside the checkout.  Where there are none, the project's own vectors are counted the same way.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from doorward.errors import Rejected
from doorward.keys import verify_jws
from doorward.keys.base64url import decode

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("DOORWARD_VECTORS", ROOT.parent / "shared" / "vectors"))
ALLOWED = {"ES256", "EdDSA", "RS256", "HS256"}
WYCHEPROOF = ("json_web_signature", "json_web_key", "json_web_crypto")


class Vector(NamedTuple):
    name: str
    token: Any
    keys: dict[str, Any]
    valid: bool


def own() -> Iterator[Vector]:
    found = json.loads((Path(__file__).parent / "vectors" / "jws.json").read_text())
    for case in found["cases"]:
        yield Vector(case["name"], case["token"], found["keys"][case["keys"]], "payload" in case)


def wycheproof(folder: Path) -> Iterator[Vector]:
    for name in WYCHEPROOF:
        file = folder / f"{name}_test.json"
        groups = json.loads(file.read_text())["testGroups"] if file.exists() else []
        for group in groups:
            for test in group["tests"]:
                if "jws" in test:
                    keys = group.get("public") or group["private"]
                    valid = test["result"] == "valid"
                    yield Vector(f"{name} {test['tcId']}", test["jws"], keys, valid)


def cookbook(folder: Path) -> Iterator[Vector]:
    """Every file with a compact form.  A detached payload is put back first (RFC 7515 appendix F);
    an unencoded one (RFC 7797) is an extension that is refused, not an algorithm."""
    for file in sorted(folder.rglob("*.json")):
        found = json.loads(file.read_text())
        token = found.get("output", {}).get("compact", "")
        if token.count(".") != 2 or "signing" not in found:
            continue
        head, payload, signature = token.split(".")
        if not payload:
            payload = found["signing"]["sig-input"].partition(".")[2]
        valid = "b64" not in found["signing"]["protected"]
        token = f"{head}.{payload}.{signature}"
        yield Vector(file.name, token, found["input"]["key"], valid)


def contradictory(vectors: list[Vector]) -> set[str]:
    """Vectors that no verifier can satisfy together with the rest of their own collection: a token
    called invalid that is, character for character, called valid elsewhere under the same key; and
    one called valid with a "?" in it, which base64url has not and its signature does not cover,
    where the same token without it is called valid too."""
    valid = {(str(v.token), json.dumps(v.keys)) for v in vectors if v.valid}
    return {
        v.name
        for v in vectors
        if (not v.valid and (str(v.token), json.dumps(v.keys)) in valid)
        or (v.valid and "?" in v.token and (v.token.replace("?", ""), json.dumps(v.keys)) in valid)
    }


def accepted(vector: Vector) -> bool:
    try:
        verify_jws(vector.token, vector.keys)
    except Rejected:
        return False
    return True


def is_of_an_allowed_algorithm(vector: Vector) -> bool:
    header = json.loads(decode(vector.token.split(".")[0].encode()))
    return header["alg"] in ALLOWED


def test_no_vector_is_falsely_accepted_and_none_of_an_allowed_algorithm_falsely_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    public = [*wycheproof(FOLDER / "wycheproof"), *cookbook(FOLDER / "jose-cookbook")]
    vectors = public or list(own())
    impossible = contradictory(vectors)
    judged = [v for v in vectors if v.name not in impossible]
    falsely_accepted = [v.name for v in judged if not v.valid and accepted(v)]
    valid = [v for v in judged if v.valid and is_of_an_allowed_algorithm(v)]
    falsely_refused = [v.name for v in valid if not accepted(v)]
    with capsys.disabled():
        print(
            f"\n{'public' if public else 'own'} vectors: {len(vectors)}, "
            f"falsely accepted: {len(falsely_accepted)}, "
            f"falsely refused among {len(valid)} valid of an allowed algorithm: "
            f"{len(falsely_refused)}, contradictory: {len(impossible)}"
        )
    assert falsely_accepted == []
    assert falsely_refused == []
    assert len(impossible) <= 4
    assert len(valid) >= 15


def test_a_vector_that_contradicts_another_is_told_from_one_that_is_merely_refused() -> None:
    key = {"kty": "oct"}
    vectors = [
        Vector("a", "x.y.z", key, valid=True),
        Vector("the same, called invalid", "x.y.z", key, valid=False),
        Vector("a stray character, called valid", "x.y?.z", key, valid=True),
        Vector("another, called invalid", "x.y.w", key, valid=False),
        Vector("a stray character in another", "x.q?.z", key, valid=True),
        Vector("another key", "x.y.z", {"kty": "RSA"}, valid=False),
    ]
    assert contradictory(vectors) == {"the same, called invalid", "a stray character, called valid"}
