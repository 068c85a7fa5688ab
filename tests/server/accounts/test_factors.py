"""Factors in every kind of database: each is used once, whoever asks at the same moment."""

import asyncio
import math
import random
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest

from doorward.keys import Seal
from doorward.passwords import CHEAP, Passwords
from doorward.server.accounts.factors import Factors, Held
from doorward.server.accounts.mail_code import code_of
from doorward.server.accounts.passkeys import Passkeys
from doorward.server.accounts.recovery_codes import RecoveryCodes, new_codes
from doorward.server.accounts.tickets import new
from doorward.server.accounts.totp import Totp, new_secret
from doorward.server.accounts.users import Users
from doorward.server.db.database import Database, open_database
from tests.server.databases import KINDS, new_url
from tests.server.factors import A_PASSKEY

pytestmark = pytest.mark.anyio

AT = 1_800_000_000


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(new_url(request.param, request, tmp_path))
    yield opened
    await opened.close()


async def test_each_is_used_once_and_all_are_reset_together(database: Database) -> None:
    totp = Totp(database, Seal((secrets.token_bytes(32),)))
    passwords = Passwords(CHEAP)
    codes, factors = RecoveryCodes(database, passwords), Factors(database)
    secret, users = pyotp.random_base32(), Users(database)
    mine, other = [
        (await users.create(f"{name}@example.test", None, at=AT)).subject for name in ("ann", "bob")
    ]
    assert await factors.held(mine) == Held()
    for subject in (mine, other):
        sealed = totp.sealed(subject, secret)
        # of an account that changed hands meanwhile, of this one, and a second one
        added = [await totp.add(subject, sealed, step=0, at=AT, ending=n) for n in (1, 0, 0)]
        assert added == [False, True, False]
    made = await codes.renew(mine, at=AT, ending=0)
    assert await codes.renew(mine, at=AT, ending=0, missing_only=True) == ()
    assert await codes.renew(mine, at=AT, ending=1) == ()  # it changed hands meanwhile
    assert await factors.held(mine) == Held(totp=True, recovery_codes=10)
    one = pyotp.TOTP(secret).at(AT)
    tried = await asyncio.gather(*(totp.use(mine, one, at=AT) for _ in range(30)))
    assert tried.count(True) == 1
    tried = await asyncio.gather(*(codes.use(mine, made[0]) for _ in range(30)))
    assert tried.count(True) == 1
    assert not await codes.use(other, made[1])
    # a sealed secret opens for its own row alone
    assert totp.opened(other, totp.sealed(mine, secret)) is None
    assert await users.reset_factors(mine)
    assert not await users.reset_factors(mine)
    assert await codes.renew(mine, at=AT, ending=0) == ()  # there is nothing they stand in for
    assert (await factors.held(mine), (await factors.held(other)).totp) == (Held(), True)
    passwords.close()


async def test_of_two_removed_at_once_the_last_stays_where_one_must(database: Database) -> None:
    """Whoever looks first and removes afterwards leaves none."""
    totp = Totp(database, Seal((secrets.token_bytes(32),)))
    codes, factors = RecoveryCodes(database, Passwords(CHEAP)), Factors(database)
    passkeys = Passkeys(database)
    ann = (await Users(database).create("ann@example.test", None, at=AT)).subject
    await totp.add(ann, totp.sealed(ann, "S" * 32), step=0, at=AT, ending=0)
    await passkeys.add(replace(A_PASSKEY, subject=ann), ending=0)
    await codes.renew(ann, at=AT, ending=0)
    both = [
        factors.remove(ann, which, may_hold=lambda left: left.second)
        for which in (None, A_PASSKEY.credential_id)
    ]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(map(repr, done)) == ["LastFactor()", "True"]
    held = await factors.held(ann)
    assert (held.second, held.recovery_codes) == (True, 10)
    which = None if held.totp else A_PASSKEY.credential_id
    assert await factors.remove(ann, which, may_hold=lambda left: not left.second)
    assert await factors.held(ann) == Held()
    assert not await factors.remove(ann, which, may_hold=lambda left: True)


def test_whatever_is_typed_or_kept_as_a_factor_is_random_and_comes_once() -> None:
    """ASVS 6.5.3 and 6.5.4: by the system's source, which no seed repeats."""
    makers: tuple[tuple[Callable[[], str], int], ...] = (
        (lambda: new_codes()[0].replace("-", ""), 80),
        (lambda: code_of(new()), 40),
        (new_secret, 160),
        (new, 252),
    )
    for make, bits in makers:
        found = []
        for _ in range(300):
            random.seed(1)
            found.append(make())
        assert len(set(found)) == 300
        signs = {sign for each in found for sign in each}
        assert len(found[0]) * math.log2(len(signs)) >= bits
        for place in zip(*(each for each in found), strict=True):
            # of 32 signs or more, 300 draws miss a third once in an age; the last sign of a ticket
            # of 256 bits carries 4
            assert len(set(place)) > 10
