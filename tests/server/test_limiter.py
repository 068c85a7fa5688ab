"""The limiter: guesses run out, owners do not."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from doorward.server.accounts.guess_alarm import MOST, GuessAlarm
from doorward.server.audit.history import Query
from doorward.server.steps.tell_of_guesses import tell_of_guesses
from doorward.settings import DAY
from doorward.types import Device
from doorward.web.limits import DAILY, FEW, FEW_WINDOW, FROM_ONE, FROM_SOURCE
from tests.server.databases import FILE, POSTGRES, VALKEY, new_url
from tests.server.house import PASSWORD, House, Opened, login
from tests.server.letters import LOCAL, kinds, print_by_hand
from tests.support.valkey import Valkey

pytestmark = pytest.mark.anyio


SOURCES = DAILY // FROM_ONE
"""How many addresses must guess together until an account is closed for the day."""


async def guesses(client: httpx2.AsyncClient, count: int, **more: str) -> list[int]:
    return [(await login(client, "wrong", **more)).status_code for _ in range(count)]


async def test_the_eleventh_wrong_guess_at_an_account_is_too_many(house: House) -> None:
    await house.alice()
    thief = await house.client(address="203.0.113.9")
    assert await guesses(thief, FEW) == [401] * FEW
    answer = await login(thief)
    assert (answer.status_code, answer.json()["reason"]) == (429, "too_many_attempts")
    assert answer.headers["retry-after"] == str(FEW_WINDOW)


async def test_an_account_that_does_not_exist_is_limited_alike(house: House) -> None:
    thief = await house.client()
    assert await guesses(thief, FEW + 1, email="eve@example.test") == [401] * FEW + [429]


async def test_the_owner_is_told_of_too_many_guesses_once_a_day_after_the_answer(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 6.3.5.  The request itself writes nothing for an account that exists."""
    print_by_hand(monkeypatch)
    house: House = await opened(public_origin=LOCAL)
    subject = await house.account()
    service, client = house.service, await house.client()

    async def told() -> int:
        await tell_of_guesses(service)
        return (await kinds(house)).count("guesses_limited")

    await guesses(client, 11, email="nobody@example.test")
    assert service.guess_alarm.take() == {}
    await guesses(client, 10)
    assert await told() == 0  # not yet refused
    await guesses(client, 2)
    assert await kinds(house) == []
    assert await told() == await told() == 1
    (kept,) = [each.entry for each in await service.history.page(Query(kind="guesses_limited"))]
    assert (kept.subject, kept.actor, kept.address) == (subject, "", "198.51.100.7")
    house.clock.advance(DAY - 1)
    await guesses(client, 12)
    assert await told() == 1
    house.clock.advance(DAY)
    await guesses(client, 12)
    assert await told() == 2


async def test_who_guesses_at_many_accounts_causes_no_letter_to_each(house: House) -> None:
    await house.account()
    client = await house.client()
    for number in range(FROM_SOURCE):
        await guesses(client, 1, email=f"p{number}@example.test")
    assert await guesses(client, 1) == [429]
    assert house.service.guess_alarm.take() == {}


def test_few_accounts_are_remembered_until_their_owners_are_told() -> None:
    alarm = GuessAlarm()
    for number in range(MOST + 1):
        alarm.ring(str(number), Device())
    assert len(alarm.take()) == MOST
    assert alarm.take() == {}


async def test_after_the_window_the_person_may_try_again(house: House) -> None:
    await house.alice()
    thief = await house.client()
    await guesses(thief, FEW + 1)
    house.clock.advance(FEW_WINDOW)
    assert (await login(thief)).status_code == 200


async def test_only_failures_count(house: House) -> None:
    await house.alice()
    client = await house.browser()
    for _ in range(FEW + 5):
        assert (await login(client)).status_code == 200


async def test_many_good_logins_at_once_are_no_attack(house: House) -> None:
    await house.alice()
    client = await house.client()
    answers = await asyncio.gather(*(login(client) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_burst_of_wrong_guesses_is_counted_as_one_by_one(house: House) -> None:
    await house.alice()
    thief = await house.client()
    answers = await asyncio.gather(*(login(thief, "wrong") for _ in range(40)))
    assert sorted(answer.status_code for answer in answers) == [401] * FEW + [429] * 30


async def test_another_spelling_is_the_same_account(house: House) -> None:
    await house.alice()
    thief = await house.client()
    await guesses(thief, FEW // 2)
    await guesses(thief, FEW // 2, email="ALICE@Example.Test")
    assert (await login(thief)).status_code == 429


async def test_one_attacker_never_locks_out_the_owner_at_another_address(house: House) -> None:
    await house.alice()
    thief, tried = await house.client(address="203.0.113.9"), 0
    for _ in range(DAILY // FEW + 1):
        tried += (await guesses(thief, FEW + 1)).count(401)
        new_device = await house.client(address="192.0.2.1")
        assert (await login(new_device)).status_code == 200
        house.clock.advance(FEW_WINDOW)
    assert tried == FROM_ONE


async def spent(house: House) -> list[httpx2.AsyncClient]:
    """Attackers at different addresses, who used up all that strangers may guess in a day."""
    thieves = [await house.client(address=f"203.0.113.{last}") for last in range(SOURCES)]
    for _ in range(FROM_ONE // FEW):
        for thief in thieves:
            assert await guesses(thief, FEW) == [401] * FEW
        house.clock.advance(FEW_WINDOW)
    return thieves


async def test_from_however_many_addresses_an_account_is_guessed_at_a_hundred_times_a_day(
    house: House,
) -> None:
    owner = await house.alice()
    await spent(house)
    for last in range(100, 103):
        thief = await house.client(address=f"203.0.113.{last}")
        assert await guesses(thief, 2) == [429, 429]
    assert (await login(owner)).status_code == 200


async def test_one_source_runs_out_over_many_accounts(house: House) -> None:
    thief = await house.client()
    tried = [await guesses(thief, 1, email=f"u{n}@example.test") for n in range(FROM_SOURCE + 1)]
    assert tried == [[401]] * FROM_SOURCE + [[429]]
    other = await house.client(address="203.0.113.1")
    assert await guesses(other, 1, email="u0@example.test") == [401]


async def test_an_ipv6_customer_is_one_source(house: House) -> None:
    for n in range(FROM_SOURCE):
        thief = await house.client(address=f"2001:db8:0:1::{n:x}")
        await guesses(thief, 1, email=f"u{n}@example.test")
    thief = await house.client(address="2001:db8:0:1:ffff::1")
    assert await guesses(thief, 1, email="u@example.test") == [429]
    neighbour = await house.client(address="2001:db8:0:2::1")
    assert await guesses(neighbour, 1, email="u@example.test") == [401]


async def test_a_made_up_forwarded_address_is_not_believed(house: House) -> None:
    for n in range(FROM_SOURCE):
        thief = await house.client(**{"x-forwarded-for": f"192.0.2.{n}"})
        await guesses(thief, 1, email=f"u{n}@example.test")
    thief = await house.client(**{"x-forwarded-for": "192.0.2.99"})
    assert await guesses(thief, 1, email="u@example.test") == [429]


async def test_behind_a_trusted_proxy_the_true_address_counts(opened: Opened) -> None:
    house = await opened(trusted_proxies=("198.51.100.7",))
    for n in range(FROM_SOURCE):
        thief = await house.client(**{"x-forwarded-for": f"203.0.113.{n}, 192.0.2.1"})
        await guesses(thief, 1, email=f"u{n}@example.test")
    thief = await house.client(**{"x-forwarded-for": "192.0.2.1"})
    assert await guesses(thief, 1, email="u@example.test") == [429]
    other = await house.client(**{"x-forwarded-for": "192.0.2.2"})
    assert await guesses(other, 1, email="u@example.test") == [401]


@pytest.mark.parametrize(
    "either", ["session", pytest.param("token", marks=pytest.mark.soak)], indirect=True
)
async def test_the_owner_on_a_known_device_is_never_locked_out(either: House) -> None:
    owner = await either.alice()
    await owner.post("/api/logout")
    thief = await either.client(address="203.0.113.9")
    assert (await guesses(thief, 60))[-1] == 429
    nearby = await either.client()  # the same source as the owner
    await guesses(nearby, 60)
    assert (await login(nearby)).status_code == 429
    assert (await login(owner)).status_code == 200


async def test_a_known_device_has_its_own_count(house: House) -> None:
    owner = await house.alice()
    assert await guesses(owner, FEW + 1) == [401] * FEW + [429]
    assert (await login(await house.client())).status_code == 200


async def marked(house: House, count: int) -> list[httpx2.AsyncClient]:
    """Browsers that each have a mark of their own for alice."""
    found = [await house.browser() for _ in range(count)]
    for browser in found:
        assert (await login(browser)).status_code == 200
    return found


async def test_many_marks_of_one_account_guess_no_more_than_a_hundred_times_a_day(
    house: House,
) -> None:
    await house.alice()
    tried = [(await guesses(browser, FEW)).count(401) for browser in await marked(house, 25)]
    assert sum(tried) == DAILY


async def test_strangers_use_up_nothing_of_what_known_devices_have(house: House) -> None:
    await house.alice()
    browsers = await marked(house, DAILY // FEW)
    await spent(house)
    assert [await guesses(browser, FEW) for browser in browsers] == [[401] * FEW] * len(browsers)


async def test_a_changed_password_makes_strangers_of_all_devices(house: House) -> None:
    owner = await house.alice()
    (thief,) = await marked(house, 1)
    await guesses(await house.client(), FEW)  # from the same address
    body = {"current": PASSWORD, "new": "another passphrase"}
    house.clock.advance(1)
    assert (await owner.post("/api/password", json=body)).status_code == 204
    assert (await login(thief, "wrong")).status_code == 429


async def test_the_mark_of_ones_own_device_helps_with_no_other_account(house: House) -> None:
    await house.alice()
    thief = await house.browser()
    await thief.post("/api/signup", json={"email": "eve@example.test", "password": PASSWORD})
    await login(thief, email="eve@example.test")
    await guesses(await house.client(), FEW)  # from the same address
    assert (await login(thief)).status_code == 429


@pytest.mark.parametrize("path", ["/api/elevate", "/api/password"])
async def test_a_stolen_session_is_no_way_to_guess_the_password(either: House, path: str) -> None:
    thief = await either.alice()
    body = {"password": "wrong", "current": "wrong", "new": "another passphrase"}
    tried = [(await thief.post(path, json=body)).status_code for _ in range(FEW + 1)]
    assert tried == [403] * FEW + [429]
    for other in ("/api/elevate", "/api/password"):
        body = {"password": PASSWORD, "current": PASSWORD, "new": "another passphrase"}
        assert (await thief.post(other, json=body)).status_code == 429


async def test_strangers_cannot_use_up_the_tries_of_who_is_logged_in(either: House) -> None:
    owner = await either.alice()
    await guesses(await either.client(), FEW + 1)
    assert (await owner.post("/api/elevate", json={"password": PASSWORD})).status_code == 200


async def test_a_slow_guesser_runs_out_within_the_day(house: House) -> None:
    await house.alice()
    thief = await house.client()
    tried = 0
    while (await login(thief, "wrong")).status_code == 401:
        tried += 1
        house.clock.advance(FEW_WINDOW // FEW + 1)
    assert tried == FROM_ONE


async def test_signups_of_one_source_are_limited(opened: Opened) -> None:
    house = await opened(signup_limit=2)
    client = await house.client()
    bodies = [{"email": f"u{n}@example.test", "password": PASSWORD} for n in range(3)]
    answers = [await client.post("/api/signup", json=body) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1].headers["retry-after"] == "60"
    other = await house.client(address="203.0.113.1")
    assert (await other.post("/api/signup", json=bodies[2])).status_code == 201


async def test_a_restart_forgets_no_guess(opened: Opened, tmp_path: object) -> None:
    database = f"sqlite:///{tmp_path}/doorward.db"
    first = await opened(database=database)
    await first.alice()
    await guesses(await first.client(), FEW)
    second = await opened(database=database)
    assert (await login(await second.client())).status_code == 429


@pytest.mark.parametrize("kind", [FILE, POSTGRES, VALKEY])
async def test_guesses_at_several_nodes_are_counted_as_one(
    opened: Opened, request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    options = {"database": new_url("file" if kind == "valkey" else kind, request, tmp_path)}
    if kind == "valkey":
        valkey: Valkey = request.getfixturevalue("valkey")
        options["sessions"] = valkey.url
    nodes = [await opened(**options) for _ in range(2)]
    await nodes[0].alice()
    thieves = [await node.client(address="203.0.113.9") for node in nodes]
    statuses = [(await guesses(thieves[turn % 2], 1))[0] for turn in range(FEW)]
    assert statuses == [401] * FEW
    assert [(await login(thief)).status_code for thief in thieves] == [429, 429]
