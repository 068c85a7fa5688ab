"""Signing keys and root keys under live sessions."""

import json
from typing import Any

import pytest

from doorward import Auth, Issued, Reason
from doorward.keys import RootKeys, base64url
from doorward.keys.algorithm import signing as methods
from doorward.keys.rotation import private_part
from doorward.settings import JWKS_MAX_AGE
from doorward.stores import Backend
from doorward.types import SigningKey
from tests.core.between import Between, once
from tests.core.scene import (
    NEW_ROOT,
    OLD_ROOT,
    ROOT,
    House,
    log_in,
    refresh_token,
    refused,
    row_of,
)

pytestmark = pytest.mark.anyio

BOTH = RootKeys((NEW_ROOT, OLD_ROOT), "both")
NEWEST = RootKeys((NEW_ROOT,), "the newest")


def kid_of(issued: Issued) -> str:
    header = json.loads(base64url.decode(issued.credential.encode().split(b".")[0]))
    return str(header["kid"])


def forge(key: SigningKey, genuine: str, **claims: Any) -> str:
    """What somebody who stole the private key can sign."""
    sign = methods(key.algorithm).signer(private_part(ROOT, key))
    header, payload, _ = genuine.encode().split(b".")
    edited = {**json.loads(base64url.decode(payload)), **claims}
    message = header + b"." + base64url.encode(json.dumps(edited).encode())
    return (message + b"." + base64url.encode(sign(message))).decode()


async def signer_of(auth: Auth, issued: Issued) -> SigningKey:
    return next(key for key in await auth.signing.keys() if key.kid == kid_of(issued))


async def test_rotation_fails_no_request(token_house: House) -> None:
    auth, clock = token_house.auth(), token_house.clock
    issued = await log_in(auth)
    first = kid_of(issued)
    await auth.rotate_keys()
    assert (await auth.authenticate(issued.credential)).subject == "ann"
    clock.advance(JWKS_MAX_AGE - 1)
    before = await auth.refresh(refresh_token(issued))
    clock.advance(1)
    after = await auth.refresh(refresh_token(before))
    assert kid_of(before) == first
    assert kid_of(after) != first
    for each in (before, after):
        assert (await auth.authenticate(each.credential)).subject == "ann"
    assert token_house.told.kinds.count("key_rotated") == 1


async def test_a_leaked_key_is_worth_anything_until_it_is_withdrawn_and_then_nothing(
    token_house: House, twin: Backend
) -> None:
    auth, elsewhere = token_house.auth(), token_house.auth(store=twin)
    issued = await log_in(auth)
    leaked = await signer_of(auth, issued)
    forged = forge(leaked, issued.credential, sub="root", roles=["admin"])
    for process in (auth, elsewhere):
        assert (await process.authenticate(forged)).roles == frozenset({"admin"})
    await auth.withdraw_key(leaked.kid)
    later = forge(leaked, issued.credential, sub="root", ver=10**6, jti="another")
    for process in (auth, elsewhere, token_house.auth()):
        for token in (forged, later, issued.credential):
            assert await refused(process.authenticate(token)) is Reason.WITHDRAWN
    withdrawn = next(event for event in token_house.told if event.kind == "key_withdrawn")
    assert withdrawn.reason == leaked.kid


async def test_people_with_a_good_refresh_token_stay_logged_in(token_house: House) -> None:
    auth = token_house.auth()
    issued = await log_in(auth)
    await auth.withdraw_key(kid_of(issued))
    renewed = await auth.refresh(refresh_token(issued))
    assert kid_of(renewed) != kid_of(issued)
    assert (await auth.authenticate(renewed.credential)).subject == "ann"
    assert (await auth.authenticate((await log_in(auth, "bob")).credential)).subject == "bob"


async def test_nothing_is_signed_with_a_key_that_was_withdrawn_elsewhere(
    token_house: House, twin: Backend
) -> None:
    """A process that for now only refreshes, logs in or steps up hears of it too."""
    auth, elsewhere = token_house.auth(), token_house.auth(store=twin)
    principal = await auth.authenticate((await log_in(auth)).credential)
    issued = await log_in(elsewhere)
    await auth.withdraw_key(kid_of(issued))
    for renewed in (
        await elsewhere.refresh(refresh_token(issued)),
        await log_in(elsewhere),
        await elsewhere.elevate(principal),
    ):
        assert kid_of(renewed) != kid_of(issued)
        assert (await auth.authenticate(renewed.credential)).subject == "ann"


async def test_a_key_withdrawn_while_a_refresh_is_under_way_does_not_sign_its_answer(
    token_house: House,
) -> None:
    deeds = token_house.auth()
    issued = await log_in(deeds)
    slow = Between(
        token_house.store, after=once("replace", lambda: deeds.withdraw_key(kid_of(issued)))
    )
    renewed = await token_house.auth(store=slow.backend).refresh(refresh_token(issued))
    assert (await deeds.authenticate(renewed.credential)).subject == "ann"


async def test_a_withdrawn_key_logs_nobody_out_who_has_a_session_token(
    session_house: House,
) -> None:
    auth = session_house.auth()
    issued = await log_in(auth)
    await auth.signing.ring()
    await auth.withdraw_key((await auth.signing.keys())[0].kid)
    assert (await auth.authenticate(issued.credential)).subject == "ann"


async def test_a_key_that_is_not_there_cannot_be_withdrawn(house: House) -> None:
    with pytest.raises(LookupError):
        await house.auth().withdraw_key("no such key")
    assert house.told == []


async def test_changing_the_root_key_logs_nobody_out(house: House) -> None:
    before = house.auth()
    issued = await log_in(before)
    between = house.auth(root=BOTH)
    assert (await between.authenticate(issued.credential)).subject == "ann"
    if issued.refresh_token is not None:
        issued = await between.refresh(refresh_token(issued))
        await between.rotate_keys()
    after = house.auth(root=NEWEST)
    assert (await after.authenticate(issued.credential)).subject == "ann"
    if issued.refresh_token is not None:
        again = await after.refresh(refresh_token(issued))
        assert (await after.authenticate(again.credential)).subject == "ann"


async def test_a_refresh_token_under_a_root_key_that_is_gone_is_refused_and_ends_nothing(
    token_house: House,
) -> None:
    issued = await log_in(token_house.auth())
    between = token_house.auth(root=BOTH)
    await between.rotate_keys()
    after = token_house.auth(root=NEWEST)
    assert await refused(after.refresh(refresh_token(issued))) is Reason.BAD_SIGNATURE
    assert (await row_of(after, issued)).revoked_at is None


@pytest.mark.parametrize(
    ("store", "algorithm"),
    [
        ("memory", "EdDSA"),
        ("memory", "RS256"),
        pytest.param("sqlite", "ES256", marks=pytest.mark.engine),
        *(
            pytest.param(*both, marks=pytest.mark.soak)
            for both in (("memory", "ES256"), ("sqlite", "EdDSA"), ("sqlite", "RS256"))
        ),
    ],
    indirect=["store"],
)
async def test_every_algorithm_keeps_people_logged_in(token_house: House, algorithm: str) -> None:
    auth = token_house.auth(algorithm=algorithm)
    issued = await auth.refresh(refresh_token(await log_in(auth)))
    assert (await auth.authenticate(issued.credential)).subject == "ann"
    assert (await signer_of(auth, issued)).algorithm == algorithm


async def test_the_published_keys_lack_one_that_another_process_withdrew(
    token_house: House,
) -> None:
    auth, other = token_house.auth(), token_house.auth()
    published = await auth.jwks()
    await other.withdraw_key(published["keys"][0]["kid"])
    left = [key["kid"] for key in (await auth.jwks())["keys"]]
    assert left
    assert published["keys"][0]["kid"] not in left
