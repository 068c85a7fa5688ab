"""Private keys at rest."""

import pytest

from doorward.errors import ConfigurationError
from doorward.keys import RootKeys
from doorward.keys.seal import is_current, seal, unseal

OLD, NEW = RootKeys((b"\1" * 32,), "old"), RootKeys((b"\2" * 32,), "new")
BOTH = RootKeys((*NEW.keys, *OLD.keys), "both")
PRIVATE = b"private part"


def test_what_was_sealed_opens_and_does_not_show_what_it_holds() -> None:
    sealed = seal(NEW, "kid", PRIVATE)
    assert unseal(NEW, "kid", sealed) == PRIVATE
    assert PRIVATE not in sealed
    assert sealed != seal(NEW, "kid", PRIVATE)


def test_two_root_keys_live_at_once_and_the_newest_seals() -> None:
    assert unseal(BOTH, "kid", seal(OLD, "kid", PRIVATE)) == PRIVATE
    assert unseal(NEW, "kid", seal(BOTH, "kid", PRIVATE)) == PRIVATE
    assert is_current(BOTH, "kid", seal(NEW, "kid", PRIVATE))
    assert not is_current(BOTH, "kid", seal(OLD, "kid", PRIVATE))


def test_another_root_key_is_refused_with_one_sentence() -> None:
    with pytest.raises(ConfigurationError) as refused:
        unseal(NEW, "kid", seal(OLD, "kid", PRIVATE))
    assert str(refused.value) == (
        "The signing keys in the database are sealed under another root key than the one given "
        "(from new): give the one this database was used with."
    )


def test_a_sealed_key_under_another_name_or_with_any_bit_changed_does_not_open() -> None:
    sealed = seal(NEW, "kid", PRIVATE)
    with pytest.raises(ConfigurationError):
        unseal(NEW, "other kid", sealed)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(ConfigurationError):
            unseal(NEW, "kid", bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 7, 8, 12, 27])
def test_a_sealed_key_cut_short_does_not_open(length: int) -> None:
    with pytest.raises(ConfigurationError):
        unseal(NEW, "kid", seal(NEW, "kid", PRIVATE)[:length])
