"""What a thief makes of the values of a database."""

import pytest

from doorward.attack.forge import encode
from doorward.compare.rows.stolen_database import completed
from doorward.tokens import hash_secret, mint_session_token, new_secret, new_sid

SECRET, SID = new_secret(), new_sid()
TOKEN = mint_session_token(SID, SECRET)


@pytest.mark.parametrize(
    "value",
    [SECRET, SECRET.hex(), SECRET.hex().encode(), f'["{encode(SECRET)}"]'],
    ids=["bytes", "hex", "bytes of hex", "within JSON"],
)
def test_a_secret_that_is_stored_as_it_is_opens_its_session(value: str | bytes) -> None:
    assert TOKEN in completed(TOKEN, ["another value", value])


def test_a_digest_opens_nothing_and_a_token_of_another_kind_has_no_secret() -> None:
    assert TOKEN not in completed(TOKEN, [hash_secret(SECRET), SID])
    assert completed("a.b.c", [SECRET]) == set()
