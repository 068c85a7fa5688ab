"""The password hashes that can be verified: Argon2, and the forms in which other systems keep
bcrypt, scrypt and PBKDF2.

Every cost is bounded, because a hash that was imported may have been chosen by an attacker: one
login must not take more memory or time than a server can spare.
"""

import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from re import Match

from argon2.low_level import Type, hash_secret_raw

from .errors import ConfigurationError, DoorwardError

MAX_MEMORY_KIB = 256 * 1024
"""The most memory of one hash, in KiB: libsodium's "moderate" takes as much."""

MAX_PASSES_KIB = 2 * 1024 * 1024
"""The most passes of Argon2 times its memory in KiB: about two seconds."""

MAX_LANES = 16
"""Of Argon2: each lane is a thread."""

MAX_ITERATIONS = 5_000_000
"""Of PBKDF2: Django began 2026 with 1,200,000."""

MAX_SCRYPT_BLOCKS = 2**22
"""The most n * r * p of scrypt: as much work as memory allows twice over."""

MAX_BCRYPT_COST = 15
"""Eight times the usual cost, which is 12; each step doubles the time."""

_LONGEST = 512  # No hash of any of these forms comes near.
_LEAST, _MOST = 16, 64  # Bytes of a digest: a shorter one could be met by chance.
_SHORTEST_SALT = 8  # Bytes, of Argon2.
_BCRYPT_READS = 72
"""Bytes of a password that bcrypt reads.  Versions before 5 ignored the rest; 5 refuses it."""

_64 = "[A-Za-z0-9+/]{1,128}={0,2}"
_SALT = "[^$]{1,128}"
_NUMBER = "[0-9]{1,10}"
_HEX = "[0-9a-f]+"
_SHA = "sha1|sha256|sha512"


class UnknownHash(DoorwardError, ValueError):
    """A text that is no hash which can be verified.  The sentence says why, without the hash."""

    def __init__(self, why: str = "This is not a password hash of a known form.") -> None:
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A hash whose form is known and whose costs are within bounds."""

    scheme: str
    derive: Callable[[bytes], bytes] = field(repr=False)
    """What the password's bytes become.  Takes the hash's time and memory."""
    digest: bytes = field(repr=False)
    reads: int | None = None
    """Bytes of a password that it depends on; None for all."""

    def matches(self, secret: bytes) -> bool:
        """Whether it was made of these bytes.  Raises `ConfigurationError` when that takes a
        package which is not installed."""
        return hmac.compare_digest(self.derive(secret), self.digest)


def parse(hashed: str) -> PasswordHash:
    """Read a hash.  Raises `UnknownHash` for another form, and for a cost beyond the bounds."""
    if len(hashed) <= _LONGEST:
        for pattern, read in _FORMS:
            if found := pattern.fullmatch(hashed):
                try:
                    return read(found)
                except UnknownHash:
                    raise
                except ValueError:  # no base64, or half a surrogate pair
                    break
    raise UnknownHash


def check_argon2(memory_kib: int, passes: int, lanes: int) -> None:
    """Raises `UnknownHash` for a cost of Argon2 that is beyond the bounds."""
    _bound("lanes", lanes, 1, MAX_LANES)
    _bound("KiB of memory", memory_kib, 8 * lanes, MAX_MEMORY_KIB)
    _bound("passes", passes, 1, MAX_PASSES_KIB // memory_kib)


# --- the forms ----------------------------------------------------------------------------------


def _argon2(found: Match[str]) -> PasswordHash:
    """The PHC string format, which Django puts behind `argon2`."""
    kind, version, memory, passes, lanes, salt, digest = found.groups()
    check_argon2(int(memory), int(passes), int(lanes))
    salted, expected = _unpadded(salt), _digest(_unpadded(digest))
    if version not in (None, "16", "19") or len(salted) < _SHORTEST_SALT:
        raise UnknownHash
    derive = partial(
        hash_secret_raw,
        salt=salted,
        time_cost=int(passes),
        memory_cost=int(memory),
        parallelism=int(lanes),
        hash_len=len(expected),
        type=Type[kind.upper()],
        version=int(version or 16),  # which the first version did not write
    )
    return PasswordHash(f"argon2{kind}", derive, expected)


def _bcrypt(found: Match[str]) -> PasswordHash:
    """As every library writes it.  Django puts it behind `bcrypt$`, or behind `bcrypt_sha256$` if
    it gave bcrypt the SHA-256 of the password in hexadecimal."""
    before, hashed, cost = found.groups()
    _bound("cost", int(cost), 4, MAX_BCRYPT_COST)
    digested = before == "bcrypt_sha256$"
    derive = partial(_by_bcrypt, hashed.encode(), digested)
    if digested:
        return PasswordHash("bcrypt_sha256", derive, hashed.encode())
    return PasswordHash("bcrypt", derive, hashed.encode(), _BCRYPT_READS)


def _by_bcrypt(hashed: bytes, digested: bool, secret: bytes) -> bytes:
    try:
        # Imported here because only imported accounts need it, until their next login.
        import bcrypt
    except ImportError:
        raise ConfigurationError(
            "Hashes of bcrypt need the package bcrypt: pip install bcrypt"
        ) from None
    given = hashlib.sha256(secret).hexdigest().encode() if digested else secret[:_BCRYPT_READS]
    derived = bcrypt.hashpw(given, hashed)
    # bcrypt repeats a password with a NUL between, so "ab" and "ab\0ab" have one hash.
    return b"" if b"\0" in given else derived


def _django_pbkdf2(found: Match[str]) -> PasswordHash:
    name, iterations, salt, digest = found.groups()
    return _pbkdf2(name, int(iterations), salt, b64decode(digest, validate=True))


def _werkzeug_pbkdf2(found: Match[str]) -> PasswordHash:
    name, iterations, salt, digest = found.groups()
    return _pbkdf2(name, int(iterations), salt, bytes.fromhex(digest))


def _pbkdf2(name: str, iterations: int, salt: str, digest: bytes) -> PasswordHash:
    _bound("iterations", iterations, 1, MAX_ITERATIONS)
    if len(digest) != hashlib.new(name).digest_size:
        raise UnknownHash
    derive = partial(_by_pbkdf2, name, salt.encode(), iterations)
    return PasswordHash(f"pbkdf2_{name}", derive, digest)


def _by_pbkdf2(name: str, salt: bytes, iterations: int, secret: bytes) -> bytes:
    return hashlib.pbkdf2_hmac(name, secret, salt, iterations)


def _django_scrypt(found: Match[str]) -> PasswordHash:
    n, salt, r, p, digest = found.groups()
    return _scrypt(int(n), int(r), int(p), salt, b64decode(digest, validate=True))


def _werkzeug_scrypt(found: Match[str]) -> PasswordHash:
    n, r, p, salt, digest = found.groups()
    return _scrypt(int(n), int(r), int(p), salt, bytes.fromhex(digest))


def _scrypt(n: int, r: int, p: int, salt: str, digest: bytes) -> PasswordHash:
    if n < 2 or n & (n - 1) or not r or not p:
        raise UnknownHash
    _bound("KiB of memory", n * r // 8, 0, MAX_MEMORY_KIB)
    _bound("blocks (n * r * p)", n * r * p, 0, MAX_SCRYPT_BLOCKS)
    derive = partial(_by_scrypt, n, r, p, salt.encode(), len(_digest(digest)))
    return PasswordHash("scrypt", derive, digest)


def _by_scrypt(n: int, r: int, p: int, salt: bytes, size: int, secret: bytes) -> bytes:
    memory = 128 * r * (n + p + 2) + 2**20  # bytes; OpenSSL refuses without being told
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=size)


_ARGON2 = (
    rf"(?:argon2)?\$argon2(id|i)(?:\$v=({_NUMBER}))?"
    rf"\$m=({_NUMBER}),t=({_NUMBER}),p=({_NUMBER})\$({_64})\$({_64})"
)
_BCRYPT = (
    r"(bcrypt\$|bcrypt_sha256\$)?"
    r"(\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31})"
)
_PBKDF2 = rf"({_NUMBER})\$({_SALT})"
_WERKZEUG_SCRYPT = rf"scrypt:({_NUMBER}):({_NUMBER}):({_NUMBER})\$({_SALT})\$({_HEX})"

_FORMS: tuple[tuple[re.Pattern[str], Callable[[Match[str]], PasswordHash]], ...] = (
    (re.compile(_ARGON2), _argon2),
    (re.compile(_BCRYPT), _bcrypt),
    (re.compile(rf"pbkdf2_({_SHA})\${_PBKDF2}\$({_64})"), _django_pbkdf2),
    (re.compile(rf"pbkdf2:({_SHA}):{_PBKDF2}\$({_HEX})"), _werkzeug_pbkdf2),
    (
        re.compile(rf"scrypt\$({_NUMBER})\$({_SALT})\$({_NUMBER})\$({_NUMBER})\$({_64})"),
        _django_scrypt,
    ),
    (re.compile(_WERKZEUG_SCRYPT), _werkzeug_scrypt),
)


def _bound(what: str, value: int, least: int, most: int) -> None:
    if value < least:
        raise UnknownHash(f"This hash says {value} {what}, which no hash has.")
    if value > most:
        raise UnknownHash(f"This hash takes {value} {what}; at most {most} are verified.")


def _digest(digest: bytes) -> bytes:
    if not _LEAST <= len(digest) <= _MOST:
        raise UnknownHash
    return digest


def _unpadded(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4), validate=True)
