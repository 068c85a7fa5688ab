"""Hashes of other systems: those that the real libraries made verify, all others are refused."""

import base64
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.errors import ConfigurationError
from doorward.password_hashes import UnknownHash, parse
from doorward.passwords import CHEAP, Cost, Passwords

pytestmark = pytest.mark.anyio

MADE = json.loads((Path(__file__).parent / "data" / "password_hashes.json").read_text())["hashes"]
"""Made by `bench/peers/imported.py hashes`."""

LONG = "a long password, of which bcrypt reads only so much: " * 2
BY_BCRYPT_4 = "$2b$04$KhKkLVbJnO5yux97TWMCIed4ZhAXRSqMaos2cB7XCek14gtGX9DGK"
"""Of `LONG`, made by bcrypt 4.3.0."""

SALT, DIGEST, HEX = "c2FsdHNhbHQ", base64.b64encode(bytes(32)).decode(), "00" * 32
BCRYPT = "$2b$04$" + "." * 53

BEYOND = {
    "memory of Argon2": f"$argon2id$v=19$m=262145,t=1,p=1${SALT}${DIGEST}",
    "passes of Argon2": f"$argon2id$v=19$m=262144,t=9,p=1${SALT}${DIGEST}",
    "lanes of Argon2": f"$argon2id$v=19$m=1024,t=1,p=17${SALT}${DIGEST}",
    "less memory than lanes need": f"$argon2id$v=19$m=15,t=1,p=2${SALT}${DIGEST}",
    "no memory": f"$argon2id$v=19$m=0,t=1,p=1${SALT}${DIGEST}",
    "no lanes": f"$argon2id$v=19$m=0,t=1,p=0${SALT}${DIGEST}",
    "no passes": f"argon2$argon2id$v=19$m=8,t=0,p=1${SALT}${DIGEST}",
    "cost of bcrypt": BCRYPT.replace("$04$", "$16$"),
    "no cost of bcrypt": BCRYPT.replace("$04$", "$03$"),
    "iterations": f"pbkdf2_sha256$5000001$salt${DIGEST}",
    "no iterations": f"pbkdf2:sha256:0$salt${HEX}",
    "memory of scrypt": f"scrypt:524288:8:1$salt${HEX}",
    "blocks of scrypt": f"scrypt$131072$salt$8$5${DIGEST}",
}
"""Each of a known form, and none may ever be worked on."""

UNKNOWN = {
    "no hash": "secret",
    "Django's MD5": "md5$salt$" + "0" * 32,
    "another version of Argon2": f"$argon2id$v=18$m=8,t=1,p=1${SALT}${DIGEST}",
    "a salt that is too short": f"$argon2id$v=19$m=8,t=1,p=1$c2FsdA${DIGEST}",
    "a digest met by chance": f"$argon2id$v=19$m=8,t=1,p=1${SALT}$AAAAAAAAAAAAAAAAAAAA",
    "a digest that is too long": f"scrypt:2:8:1$salt${'00' * 65}",
    "no base64": f"$argon2id$v=19$m=8,t=1,p=1${SALT}$AAAAA",
    "Argon2d": f"$argon2d$v=19$m=8,t=1,p=1${SALT}${DIGEST}",
    "bcrypt with a fault of 2011": BCRYPT.replace("$2b$", "$2x$"),
    "half a bcrypt": BCRYPT[:-1],
    "a salt no bcrypt makes": BCRYPT[:28] + "x" + BCRYPT[29:],
    "digits of another script": "$2b$٠٤$" + "." * 53,
    "a digest of another size": f"pbkdf2_sha1$7$salt${DIGEST}",
    "half a byte": "pbkdf2:sha256:7$salt$000",
    "no power of two": f"scrypt:3:8:1$salt${HEX}",
    "one row": f"scrypt:1:8:1$salt${HEX}",
    "rows of no bytes": f"scrypt:2:0:1$salt${HEX}",
    "no lane of scrypt": f"scrypt:2:8:0$salt${HEX}",
    "a salt that is no text": f"scrypt:2:8:1$\ud800${HEX}",
    "no salt": f"pbkdf2_sha256$7$${DIGEST}",
    "a line more": f"pbkdf2_sha256$7$salt${DIGEST}\n",
    "a book": "$argon2id$" * 100_000,
}


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(CHEAP)


@pytest.mark.parametrize("made", MADE, ids=lambda made: f"{made['by']} {made['hash'][:9]}")
async def test_a_hash_of_another_library_verifies_and_asks_to_be_made_again(
    passwords: Passwords, made: dict[str, Any]
) -> None:
    hashed, password = made["hash"], made["password"]
    assert await passwords.verify(password, hashed)
    assert not await passwords.verify("x" + password[1:], hashed)
    assert not await passwords.verify("", hashed)
    assert passwords.needs_rehash(hashed)
    passwords.close()


def test_every_form_was_made() -> None:
    schemes = {parse(made["hash"]).scheme for made in MADE}
    sha2 = {"pbkdf2_sha1", "pbkdf2_sha256", "pbkdf2_sha512"}
    assert schemes == {"argon2i", "argon2id", "bcrypt", "bcrypt_sha256", "scrypt", *sha2}
    prefixes = {made["hash"][:7] for made in MADE}
    assert prefixes >= {"argon2$", "$argon2", "bcrypt$", "$2a$04$", "$2b$04$", "scrypt$", "scrypt:"}


async def test_php_writes_bcrypt_with_a_letter_of_its_own(passwords: Passwords) -> None:
    assert await passwords.verify(LONG, BY_BCRYPT_4.replace("$2b$", "$2y$"))
    passwords.close()


async def test_what_bcrypt_never_read_of_a_long_password_does_not_count(
    passwords: Passwords,
) -> None:
    """As before version 5, with which the old system made its hashes."""
    assert await passwords.verify(LONG, BY_BCRYPT_4)
    assert await passwords.verify(LONG[:72] + "another end", BY_BCRYPT_4)
    assert not await passwords.verify(LONG[:71], BY_BCRYPT_4)
    assert passwords.needs_rehash(BY_BCRYPT_4, LONG[:72])
    assert not passwords.needs_rehash(BY_BCRYPT_4, LONG[:73]), "the end would become the password"
    passwords.close()


async def test_bcrypt_takes_no_password_that_holds_a_nul(passwords: Passwords) -> None:
    """It repeats a password with a NUL between, so the second would have the hash of the first."""
    hashed = bcrypt.hashpw(b"ab", bcrypt.gensalt(4)).decode()
    assert await passwords.verify("ab", hashed)
    for other in ("ab\0ab", "ab\0", "\0ab"):
        assert not await passwords.verify(other, hashed)
    passwords.close()


@pytest.mark.parametrize("hashed", BEYOND.values(), ids=BEYOND.keys())
async def test_a_cost_beyond_the_bounds_is_refused_before_it_is_paid(
    passwords: Passwords, hashed: str
) -> None:
    with pytest.raises(UnknownHash, match="This hash") as refused:
        parse(hashed)
    assert SALT not in str(refused.value)
    assert await passwords.verify("x", hashed) is False
    passwords.close()


@pytest.mark.parametrize("hashed", UNKNOWN.values(), ids=UNKNOWN.keys())
async def test_what_is_no_hash_lets_nobody_in(passwords: Passwords, hashed: str) -> None:
    with pytest.raises(UnknownHash, match="known form"):
        parse(hashed)
    assert await passwords.verify(hashed, hashed) is False
    passwords.close()


@given(st.sampled_from([each["hash"] for each in MADE]), st.integers(0), st.characters())
def test_a_hash_in_which_anything_was_changed_is_read_or_refused(
    hashed: str, place: int, other: str
) -> None:
    place %= len(hashed)
    with suppress(UnknownHash):
        parse(hashed[:place] + other + hashed[place + 1 :])


async def test_without_bcrypt_its_hashes_say_what_is_missing(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    with pytest.raises(ConfigurationError, match="pip install bcrypt"):
        await passwords.verify("x", BY_BCRYPT_4)
    passwords.close()


def test_a_cost_that_could_not_be_verified_does_not_construct() -> None:
    with pytest.raises(ConfigurationError, match="too dear"):
        Cost(memory_kib=2**20)
