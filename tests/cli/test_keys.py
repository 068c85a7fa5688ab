"""`doorward keys`: the keys that sign access tokens, also those of a running server."""

import json
from base64 import urlsafe_b64decode
from secrets import token_hex, token_urlsafe
from typing import Any

import pytest

from doorward import Auth, Settings, open_store
from doorward.keys import RootKeys, first_keys
from doorward.server.signing_keys import compromise, rotate, state
from doorward.types import SigningKey

from .conftest import Beside
from .desk import Desk
from .test_sessions import keep


def kid_of(token: str) -> str:
    """The key that signed a token."""
    header = token.partition(".")[0]
    return str(json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])


def states(desk: Desk) -> dict[str, str]:
    return {key["kid"]: key["state"] for key in desk.data("keys", "list")["keys"]}


@pytest.fixture
def logged_in(beside_tokens: Beside) -> dict[str, str]:
    """The strings of somebody who just logged in."""
    email = f"{token_hex(6)}@example.test"
    beside_tokens.desk.create(email)
    return beside_tokens.visitor.enter(email)


def refreshed(beside: Beside, tokens: dict[str, str]) -> Any:
    body = {"refresh_token": tokens["refresh_token"]}
    answer = beside.visitor.http.post("/api/refresh", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_nothing_signed_by_a_compromised_key_is_accepted_from_the_next_request_on(
    beside_tokens: Beside, logged_in: dict[str, str]
) -> None:
    desk, visitor = beside_tokens.desk, beside_tokens.visitor
    token = logged_in["access_token"]
    kid = kid_of(token)
    assert states(desk)[kid] == "signing"
    assert visitor.me(token).status_code == 200
    done = desk.run("keys", "compromise", kid)
    assert (done.status, done.err) == (0, "")
    assert kid in done.out
    assert visitor.me(token).status_code == 401
    renewed = refreshed(beside_tokens, logged_in)["access_token"]
    assert visitor.me(renewed).status_code == 200
    assert states(desk)[kid] == "withdrawn"
    assert states(desk)[kid_of(renewed)] == "signing"
    assert desk.data("keys", "compromise", kid)["withdrawn"] == []


def test_a_rotation_breaks_no_token(beside_tokens: Beside, logged_in: dict[str, str]) -> None:
    desk, visitor = beside_tokens.desk, beside_tokens.visitor
    rotated = desk.data("keys", "rotate")
    assert states(desk)[rotated["kid"]] in ("scheduled", "signing")
    assert "waiting" in states(desk).values()
    assert visitor.me(logged_in["access_token"]).status_code == 200
    renewed = refreshed(beside_tokens, logged_in)["access_token"]
    assert visitor.me(renewed).status_code == 200


def test_the_list_is_aligned(beside_tokens: Beside) -> None:
    head, *lines = beside_tokens.desk.run("keys", "list").out.splitlines()
    at = head.index("STATE")
    assert {line[at - 1] for line in lines} == {" "}
    assert {"signing", "waiting"} <= {line[at:].split()[0] for line in lines}


def test_keys_that_are_not_there_are_refused(beside_tokens: Beside) -> None:
    said = beside_tokens.desk.refusal("keys", "compromise", "-" + "A" * 42)
    assert said == f"There is no signing key '{'-' + 'A' * 42}'."


def test_another_root_key_rotates_nothing(beside_tokens: Beside) -> None:
    before = states(beside_tokens.desk)
    said = beside_tokens.desk.refusal("keys", "rotate", DOORWARD_ROOT_KEY=token_urlsafe(32))
    assert "sealed under another root key than the one given (from " in said
    assert states(beside_tokens.desk) == before


@pytest.mark.engine
def test_a_database_without_keys_says_where_they_come_from(desk: Desk) -> None:
    keep(desk)
    assert "There are no signing keys" in desk.refusal("keys", "rotate")
    assert "There are no signing keys" in desk.run("keys", "list").out
    assert desk.data("keys", "list") == {"keys": []}


@pytest.mark.parametrize(
    ("kid", "expected"),
    [
        *(("old", "retired"), ("now", "signing"), ("soon", "scheduled"), ("next", "waiting")),
        *(("id.old", "retired"), ("id.now", "signing"), ("id.next", "waiting")),
    ],
)
def test_a_key_is_in_one_state_at_a_time(kid: str, expected: str) -> None:
    begins = {"old": 1, "now": 5, "soon": 20, "next": None}
    begins |= {"id.old": 2, "id.now": 6, "id.next": None}  # follow one another apart
    keys = [
        SigningKey(
            kid=name,
            algorithm="ES256",
            public_jwk="",
            sealed_private=b"",
            created_at=0,
            signs_from=at,
        )
        for name, at in begins.items()
    ]
    assert state(keys[list(begins).index(kid)], keys, now=10) == expected


@pytest.mark.anyio
async def test_keys_of_id_tokens_are_rotated_along_and_withdrawn_alone() -> None:
    store = open_store("memory:")
    root = RootKeys((b"\x01" * 32,), "the tests")
    auth = Auth(store, Settings(mode="token"), root)
    await auth.signing.ring()
    access = {key.kid for key in await store.keys()}
    second = first_keys("EdDSA", root, auth.clock(), "id")
    for key in second:
        await store.put_key(key)
    gone, signer = await compromise(auth, second[0].kid)
    assert set(gone) == {key.kid for key in second}
    assert (signer.line, signer.withdrawn_at) == ("id", None)
    heir = await rotate(auth)
    assert heir.kid in access
    assert heir.signs_from is not None
    lines = [key.line for key in await store.keys() if key.signs_from == heir.signs_from]
    assert sorted(lines) == ["access", "id"]
