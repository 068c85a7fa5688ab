"""What was accepted before is looked up by its bytes; all that may change the answer is judged."""

from pathlib import Path

import pytest

from doorward import Issued, Reason
from doorward.settings import ELEVATE_OVERLAP
from doorward.web.transport import SMALL_HEADER_BYTES
from doorward.web.visit import Visit
from tests.web.conftest import Build, House
from tests.web.driver import FOREIGN, Header, ask, bearer, cookie, cookies_of
from tests.web.test_asgi import raw
from tests.web.test_gate import refused, visit

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["cookie", "bearer"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def shown(issued: Issued, transport: str) -> Header:
    return cookies_of(issued) if transport == "cookie" else bearer(issued.credential)


async def seen(house: House, *headers: Header) -> Visit:
    """A request that is accepted, and then one of the same bytes."""
    await visit(house, *headers).principal()
    return visit(house, *headers)


async def test_the_same_bytes_are_looked_up_without_asking_the_store(
    house: House, transport: str
) -> None:
    issued = await house.log_in(roles=["editor"])
    header = shown(issued, transport)
    assert visit(house, header).cached_principal() is None
    again = await seen(house, header)
    house.store.calls.clear()
    found = again.cached_principal()
    assert found is not None
    assert found == await again.principal() == again.known
    assert found.roles == {"editor"}
    assert again.asked
    assert house.store.calls == ["changes"]  # of `principal`, which was asked second


async def test_a_second_question_of_one_request_is_looked_up_too(house: House) -> None:
    asked = await seen(house, cookies_of(await house.log_in()))
    told: list[None] = []
    asked.on_known = lambda: told.append(None)
    assert asked.cached_principal() == asked.cached_principal() is not None
    assert len(told) == 2


async def test_an_answer_from_what_is_kept_is_as_personal_as_the_first(
    house: House, transport: str
) -> None:
    header = shown(await house.log_in(), transport)
    first, second = [await ask(house.guard(raw), headers=[header]) for _ in range(2)]
    assert second.headers == first.headers
    assert second.all("vary") == ["Cookie, Authorization"]
    assert second.all("cache-control") == ["no-store"]


async def test_a_question_after_the_answer_began_goes_the_long_way(house: House) -> None:
    asked = await seen(house, cookies_of(await house.log_in()))
    asked.answered = True
    assert asked.cached_principal() is None


@pytest.mark.parametrize("decision", ["revoke", "change"])
async def test_a_decision_binds_the_next_question(
    house: House, transport: str, decision: str
) -> None:
    issued = await house.log_in(roles=["editor"])
    asked = await seen(house, shown(issued, transport))
    assert asked.cached_principal() is not None
    if decision == "revoke":
        await house.auth.revoke(sid=issued.session.sid)
        assert asked.cached_principal() is None
        assert await refused(asked) is Reason.REVOKED
    else:
        await house.auth.change("ann", roles=[])
        assert asked.cached_principal() is None
        assert (await asked.principal()).roles == frozenset()


@pytest.mark.engine
async def test_what_another_process_decides_binds_too(
    build: Build, transport: str, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    here, there = [await build("session", database) for _ in range(2)]
    issued = await here.log_in()
    asked = await seen(here, shown(issued, transport))
    assert asked.cached_principal() is not None
    await there.auth.revoke(subject="ann")
    assert asked.cached_principal() is None
    assert await refused(asked) is Reason.REVOKED


async def test_a_withdrawn_key_forgets_its_tokens(token_house: House) -> None:
    issued = await token_house.log_in()
    asked = await seen(token_house, bearer(issued.credential))
    assert asked.cached_principal() is not None
    (key,) = (await token_house.auth.jwks())["keys"][:1]
    await token_house.auth.withdraw_key(key["kid"])
    assert asked.cached_principal() is None
    assert await refused(asked) is Reason.WITHDRAWN


async def test_nothing_is_looked_up_once_its_time_is_over(house: House, transport: str) -> None:
    asked = await seen(house, shown(await house.log_in(), transport))
    house.clock.advance(house.auth.settings.idle_ttl)
    assert asked.cached_principal() is None


async def test_the_secret_from_before_a_step_up_ends_with_its_overlap(build: Build) -> None:
    house: House = await build("session")
    issued = await house.log_in()
    asked = await seen(house, cookies_of(issued))
    await house.auth.elevate(await asked.principal())
    later = await seen(house, cookies_of(issued))
    assert later.cached_principal() is not None
    house.clock.advance(ELEVATE_OVERLAP)
    assert later.cached_principal() is None
    assert await refused(visit(house, cookies_of(issued))) is Reason.SUPERSEDED


async def test_an_unsafe_request_by_cookie_is_asked_where_it_comes_from(house: House) -> None:
    issued = await house.log_in()
    headers = cookies_of(issued), FOREIGN
    await seen(house, *headers)
    unsafe = visit(house, *headers, method="POST")
    assert unsafe.cached_principal() is None
    assert await refused(unsafe) is Reason.CROSS_ORIGIN
    proxied = visit(house, *headers)
    proxied.asks_about_another()
    assert proxied.cached_principal() is None
    bearing = bearer(issued.credential)
    await seen(house, bearing)
    assert visit(house, bearing, method="POST").cached_principal() is not None


async def test_a_field_that_came_twice_is_judged(house: House, transport: str) -> None:
    header = shown(await house.log_in(), transport)
    await seen(house, header)
    twice = visit(house, header, header)
    assert twice.cached_principal() is None
    assert await refused(twice) is Reason.MALFORMED


async def test_beside_a_bearer_token_no_cookie_is_looked_up(house: House) -> None:
    issued = await house.log_in()
    await seen(house, cookies_of(issued))
    both = visit(house, cookies_of(issued), bearer("nonsense"))
    assert both.cached_principal() is None
    assert await refused(both) is Reason.MALFORMED


async def test_the_bytes_of_one_header_say_nothing_in_another(house: House) -> None:
    token = bearer((await house.log_in()).credential)
    await seen(house, token)
    assert visit(house, (b"cookie", token[1])).cached_principal() is None
    spaced = cookies_of(await house.log_in())
    await seen(house, spaced)
    assert visit(house, (b"authorization", spaced[1])).cached_principal() is None


@pytest.mark.engine
async def test_a_cookie_that_is_to_be_exchanged_is_not_kept(build: Build, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    before: House = await build("session", database)
    during: House = await build("token", database, accept=("token", "session"))
    header = cookie(session=(await before.log_in()).credential)
    asked = await seen(during, header)
    assert asked.cached_principal() is None
    await asked.principal()
    assert asked.issued is not None


async def test_one_of_several_cookie_headers_names_nobody(house: House) -> None:
    ours, other = cookies_of(await house.log_in()), (b"cookie", b"theme=dark")
    await seen(house, other, ours)
    for header in (other, ours):
        assert visit(house, header).cached_principal() is None


async def test_a_long_header_is_not_kept(house: House) -> None:
    name, value = cookies_of(await house.log_in())
    assert (await seen(house, (name, value))).cached_principal() is not None
    long = (name, value + b"; theme=" + b"x" * SMALL_HEADER_BYTES)
    assert (await seen(house, long)).cached_principal() is None


async def test_nothing_is_looked_up_for_a_credential_that_was_given(house: House) -> None:
    first, second = [await house.log_in() for _ in range(2)]
    asked = await seen(house, cookies_of(first))
    await asked.present(second.credential)
    found = asked.cached_principal()
    assert found is not None
    assert found.sid == second.session.sid


async def test_strangers_push_nobody_out(build: Build) -> None:
    house: House = await build("session", remember=2)
    header = cookies_of(await house.log_in())
    asked = await seen(house, header)
    for n in range(5):
        await refused(visit(house, bearer(f"nonsense{n}")))
        await refused(visit(house, cookie(session=f"dws_{n}")))
    assert asked.cached_principal() is not None


async def test_what_is_kept_is_bounded_and_the_oldest_goes_first(build: Build) -> None:
    house: House = await build("session", remember=2)
    headers = [cookies_of(await house.log_in()) for _ in range(3)]
    for header in headers:
        await seen(house, header)
    assert house.lifecycle.gate is not None
    kept = [house.lifecycle.gate.header_cache.recall([header]) for header in headers]
    assert [found is not None for found in kept] == [False, True, True]


async def test_of_a_credential_only_the_latest_header_is_kept(house: House, transport: str) -> None:
    name, value = shown(await house.log_in(), transport)
    if transport == "cookie":
        headers = [(name, value + b"; theme=%d" % n) for n in range(4)]
    else:
        headers = [(name, word + value[6:]) for word in (b"bearer", b"BEARER", b"Bearer")]
    for header in headers * 2:
        await seen(house, header)
    kept = [visit(house, header).cached_principal() is not None for header in headers]
    assert kept == [False] * (len(headers) - 1) + [True]


async def test_who_sends_many_headers_pushes_nobody_out(build: Build) -> None:
    house: House = await build("session", remember=2)
    asked = await seen(house, cookies_of(await house.log_in()))
    name, value = cookies_of(await house.log_in("bob"))
    for n in range(5):
        await seen(house, (name, value + b"; n=%d" % n))
    assert asked.cached_principal() is not None
