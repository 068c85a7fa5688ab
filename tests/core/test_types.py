"""The nouns: frozen, and careful about what they show."""

from dataclasses import FrozenInstanceError, replace
from time import time

import pytest

from doorward import Device, Issued
from doorward.types import SigningKey, system_clock
from tests.core.scene import session


def test_the_system_clock_gives_whole_seconds_since_1970() -> None:
    before, now, after = int(time()), system_clock(), int(time())
    assert type(now) is int
    assert before <= now <= after


def test_nothing_that_opens_a_door_is_shown_when_it_is_printed() -> None:
    issued = Issued(
        session=session(),
        mode="token",
        credential="dws_x",
        credential_expires_at=1,
        refresh_token="dwr_y",
    )
    key = SigningKey(
        kid="k", algorithm="ES256", public_jwk="{}", sealed_private=b"sealed", created_at=1
    )
    assert "dws_x" not in repr(issued)
    assert "dwr_y" not in repr(issued)
    assert "sealed'" not in repr(key)
    row = replace(session(), secret_hash=b"now", previous_secret_hash=b"before")
    assert "b'now'" not in repr(row)
    assert "b'before'" not in repr(row)


def test_a_row_is_never_changed_in_place() -> None:
    row = session()
    with pytest.raises(FrozenInstanceError):
        row.subject = "bob"  # type: ignore[misc]
    assert replace(row, device=Device(label="phone")).subject == row.subject
