"""The signing keys of one application, as they come and go under its feet."""

from asyncio import gather
from typing import Any

import pytest

from doorward import ConfigurationError, Rejected, Settings, StoreUnavailable
from doorward.keys import Keyring, RootKeys
from doorward.settings import CLOCK_SKEW, ID_TOKEN_TTL, JWKS_MAX_AGE
from doorward.signing import Signing
from doorward.stores import Backend
from doorward.testing import FakeClock
from tests.core.between import Between, Faulty, once, pause
from tests.core.scene import NEW_ROOT, OLD_ROOT, ROOT

pytestmark = pytest.mark.anyio

SETTINGS = Settings(mode="token", access_ttl=300)


def kids(jwks: Any) -> set[str]:
    return {key["kid"] for key in jwks["keys"]}


def signing(store: Backend, clock: FakeClock, root: RootKeys = ROOT) -> Signing:
    return Signing(store, root, SETTINGS, clock)


async def test_the_first_keys_are_made_once_and_then_loaded(
    store: Backend, clock: FakeClock
) -> None:
    first, second = signing(store, clock), signing(store, clock)
    token = (await first.ring()).sign(b"{}", clock())
    assert (await second.ring()).verify(token, clock()) == b"{}"
    assert await first.keys() == await second.keys()
    assert len(await first.keys()) == 2


async def test_a_ring_is_kept_until_it_is_told_that_the_keys_changed(
    store: Backend, clock: FakeClock
) -> None:
    watched = Between(store)
    keys = signing(watched.backend, clock)
    ring = await keys.ring()
    watched.calls.clear()
    assert await keys.ring() is ring
    assert watched.calls == []
    keys.forget()
    assert await keys.ring() is not ring


async def test_rotation_signs_with_the_next_key_once_it_was_published_long_enough(
    store: Backend, clock: FakeClock
) -> None:
    keys = signing(store, clock)
    token = (await keys.ring()).sign(b"{}", clock())
    published = kids(await keys.jwks())
    await keys.rotate()
    assert (await keys.ring()).sign(b"{}", clock()).split(".")[0] == token.split(".")[0]
    clock.advance(JWKS_MAX_AGE)
    later = (await keys.ring()).sign(b"{}", clock())
    assert later.split(".")[0] != token.split(".")[0]
    assert (await keys.ring()).verify(token, clock()) == b"{}"
    assert len(published & kids(await keys.jwks())) == 2


async def test_a_key_that_is_not_there_cannot_be_withdrawn(
    store: Backend, clock: FakeClock
) -> None:
    keys = signing(store, clock)
    await keys.ring()
    with pytest.raises(LookupError):
        await keys.withdraw("no such key")


async def test_a_withdrawn_key_leaves_the_published_set_at_once(
    store: Backend, clock: FakeClock
) -> None:
    keys = signing(store, clock)
    before = kids(await keys.jwks())
    for kid in before:
        await keys.withdraw(kid)
    after = kids(await keys.jwks())
    assert after
    assert before.isdisjoint(after)


async def test_keys_read_just_before_a_withdrawal_do_not_outlive_it(
    store: Backend, clock: FakeClock
) -> None:
    """The read is under way, the withdrawal and its news come, then the read ends."""
    other = signing(store, clock)
    token = (await other.ring()).sign(b"{}", clock())
    kid = (await other.keys())[0].kid

    async def withdraw() -> None:
        await other.withdraw(kid)
        keys.forget()

    keys = signing(Between(store, after=once("keys", withdraw)).backend, clock)
    with pytest.raises(Rejected, match="withdrawn"):
        (await keys.ring()).verify(token, clock())


async def test_at_no_moment_of_a_withdrawal_is_there_nothing_to_sign_with(
    store: Backend, clock: FakeClock
) -> None:
    async def other_process_opens(method: str) -> None:
        if method == "put_key" and len(await store.keys()) > 1:
            assert (await signing(store, clock).ring()).sign(b"{}", clock())

    keys = signing(Between(store, after=other_process_opens).backend, clock)
    await keys.ring()
    for _ in range(3):
        live = [key for key in await keys.keys() if key.withdrawn_at is None]
        await keys.withdraw(live[0].kid)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("call", range(1, 6))
async def test_a_withdrawal_cut_short_anywhere_is_finished_by_doing_it_again(
    store: Backend, clock: FakeClock, call: int, lost: bool
) -> None:
    faulty = Faulty(store)
    keys = signing(faulty.backend, clock)
    token = (await keys.ring()).sign(b"{}", clock())
    kid = (await keys.keys())[0].kid
    faulty.arm(call, lost=lost)
    with pytest.raises(StoreUnavailable):
        await keys.withdraw(kid)
    faulty.arm(0)
    for process in (signing(store, clock), keys):
        assert (await process.ring()).sign(b"{}", clock())
    await keys.withdraw(kid)
    assert (await signing(store, clock).ring()).sign(b"{}", clock())
    with pytest.raises(Rejected, match="withdrawn"):
        (await keys.ring()).verify(token, clock())


async def test_keys_sealed_under_a_root_key_that_is_not_here_are_refused_in_one_sentence(
    store: Backend, clock: FakeClock
) -> None:
    await signing(store, clock).ring()
    with pytest.raises(ConfigurationError, match="root key"):
        await signing(store, clock, RootKeys((NEW_ROOT,), "elsewhere")).ring()


async def test_a_new_root_key_opens_what_the_old_one_sealed_while_both_are_given(
    store: Backend, clock: FakeClock
) -> None:
    token = (await signing(store, clock).ring()).sign(b"{}", clock())
    both = signing(store, clock, RootKeys((NEW_ROOT, OLD_ROOT), "both"))
    assert (await both.ring()).verify(token, clock()) == b"{}"
    await both.rotate()
    newest = signing(store, clock, RootKeys((NEW_ROOT,), "newest"))
    assert (await newest.ring()).verify(token, clock()) == b"{}"


async def test_two_processes_that_make_the_first_keys_at_once_trust_each_other(
    store: Backend, twin: Backend, clock: FakeClock
) -> None:
    other = signing(twin, clock)
    keys = signing(Between(store, after=once("keys", other.ring)).backend, clock)
    here, there = await keys.ring(), await other.ring()
    assert isinstance(there, Keyring)
    assert here.verify(there.sign(b"{}", clock()), clock()) == b"{}"


async def test_of_six_processes_that_start_at_once_one_makes_the_first_keys(
    store: Backend, clock: FakeClock
) -> None:
    six = [signing(Between(store, after=pause).backend, clock) for _ in range(6)]
    rings = await gather(*(process.ring() for process in six))
    assert len(await store.keys()) == 2
    assert len({ring.sign(b"{}", clock()).split(".")[0] for ring in rings}) == 1


async def test_a_rotation_that_looked_before_a_withdrawal_does_not_bring_the_key_back(
    store: Backend, twin: Backend, clock: FakeClock
) -> None:
    other = signing(twin, clock)
    await other.ring()
    (waiting,) = [key.kid for key in await other.keys() if key.signs_from is None]

    async def withdraw() -> None:
        await other.withdraw(waiting)

    keys = signing(Between(store, after=once("keys", withdraw)).backend, clock)
    await keys.rotate()
    (row,) = [key for key in await keys.keys() if key.kid == waiting]
    assert (row.withdrawn_at, row.sealed_private) == (clock(), None)
    assert waiting not in kids(await keys.jwks())


async def test_a_retired_key_is_published_until_the_last_token_of_all_who_sign_has_expired(
    store: Backend, clock: FakeClock
) -> None:
    longer, shorter = Settings(mode="token", access_ttl=900), Settings(mode="token", access_ttl=60)
    alone = Signing(store, ROOT, shorter, clock)
    beside = Signing(store, ROOT, shorter, clock, [longer, SETTINGS])
    of_id_tokens = Signing(store, ROOT, shorter, clock, [shorter])
    (first,) = {key["kid"] for key in (await alone.jwks())["keys"][:1]}
    await alone.rotate()
    clock.advance(JWKS_MAX_AGE)
    for published, life in ((alone, 60), (of_id_tokens, ID_TOKEN_TTL), (beside, 900)):
        begun = clock()
        published.forget()
        assert first in kids((await published.ring()).jwks(begun + life + CLOCK_SKEW))
        assert first not in kids((await published.ring()).jwks(begun + life + CLOCK_SKEW + 1))


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of RSA take a second; that they are made by themselves, `test_id_token` tries."""
    monkeypatch.setattr("doorward.signing.SECOND", "EdDSA")


async def test_a_second_line_asked_for_at_once_is_made_once_in_a_process(
    store: Backend, clock: FakeClock, cheap: None
) -> None:
    keys = signing(Between(store, after=pause).backend, clock)
    rings = await gather(*(keys.ring_for("EdDSA") for _ in range(6)))
    assert {ring.line("EdDSA", clock()) for ring in rings} == {"id"}
    assert len(await store.keys()) == 4
    assert (await keys.ring_for("EdDSA")).line(None, clock()) == "access"
    await keys.rotate()
    assert len(await store.keys()) == 6
    with pytest.raises(ConfigurationError, match="EdDSA alone"):
        await keys.ring_for("HS256")


async def test_processes_that_make_a_second_line_at_once_trust_each_other(
    store: Backend, twin: Backend, clock: FakeClock, cheap: None
) -> None:
    other = signing(twin, clock)
    await other.ring()

    async def meanwhile() -> None:
        await other.ring_for("EdDSA")

    keys = signing(Between(store, after=once("keys", meanwhile)).backend, clock)
    # what it looked at was older than the other's keys, so it makes its own
    await keys.ring_for("EdDSA")
    token = (await keys.ring_for("EdDSA")).sign(b"{}", clock(), "JWT", "id")
    assert len(await store.keys()) == 6
    other.forget()  # as the order of changes would have told it
    assert (await other.ring()).verify(token, clock(), "JWT") == b"{}"
    assert (
        token.split(".")[0]
        == ((await other.ring()).sign(b"{}", clock(), "JWT", "id").split(".")[0])
    )
