"""How long a login in vain, a sign-up and a request for a letter take, with an account and without
one, at the cost of the server."""

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from random import Random
from time import perf_counter, process_time

import httpx2
import pytest

from doorward.passwords import Passwords
from doorward.web.limiter import Limiter
from tests.server.house import PASSWORD, House, Opened, login
from tests.server.letters import LOCAL, print_by_hand

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

NAMES = 20
"""Addresses in each arm, asked for in turn: no one row is the one that everything has at hand."""

SAMPLES = 2_000
"""In each arm: by chance alone the AUC then leaves 0.45 to 0.55 less than once in a million."""


@pytest.fixture
async def costly(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose passwords cost what they cost in earnest, and that lets everybody guess and
    have letters written."""
    print_by_hand(monkeypatch)
    house: House = await opened(public_origin=LOCAL, verify="first", login_by_mail=True)
    cheap, passwords = house.service, Passwords()
    house.app.state.service = replace(cheap, passwords=passwords)
    monkeypatch.setattr(Limiter, "guess", _unlimited)
    monkeypatch.setattr(Limiter, "count", _uncounted)
    yield house
    house.app.state.service = cheap  # which closes what it opened
    passwords.close()


async def _unlimited(
    limiter: Limiter, buckets: object, check: Callable[[], Awaitable[bool]]
) -> bool:
    return await check()


async def _uncounted(limiter: Limiter, bucket: object) -> None:
    pass


Timer = Callable[[], float]
Ask = Callable[[httpx2.AsyncClient, str], Awaitable[httpx2.Response]]


async def guess(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await login(client, "not the password", email=email)


async def sign_up(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/api/signup", json={"email": email, "password": PASSWORD})


async def forget(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/api/forgot", json={"email": email})


async def by_mail(client: httpx2.AsyncClient, email: str) -> httpx2.Response:
    return await client.post("/api/login/mail", json={"email": email})


ANSWERS: dict[Ask, int] = {guess: 401, sign_up: 202, forget: 202, by_mail: 202}


async def seconds(ask: Ask, client: httpx2.AsyncClient, email: str, timer: Timer) -> float:
    began = timer()
    answer = await ask(client, email)
    took = timer() - began
    assert answer.status_code == ANSWERS[ask]
    return took


async def auc_of(
    house: House, samples: int, timer: Timer = perf_counter, ask: Ask = guess
) -> float:
    """How often it takes longer to ask about an account than about none; ties count half.  At one
    half time tells nothing."""
    known, unknown = ([f"{arm}{n:02}@example.test" for n in range(NAMES)] for arm in ("ann", "bob"))
    hashed = await house.service.passwords.hash(PASSWORD)
    for email in known:
        await house.service.users.create(email, hashed, at=1)
    client = await house.client()
    order = [(arm, n % NAMES) for arm in (0, 1) for n in range(samples)]
    Random(0).shuffle(order)
    took: tuple[list[float], list[float]] = ([], [])
    for email in (known[0], unknown[0]):
        await seconds(ask, client, email, timer)  # what only the first pays
    for arm, n in order:
        took[arm].append(await seconds(ask, client, (known, unknown)[arm][n], timer))
    return area(*took)


def area(one: list[float], other: list[float]) -> float:
    """Of all pairs, in how many that of `one` is the greater (Mann and Whitney's U)."""
    other = sorted(other)
    greater = sum(bisect_left(other, each) + bisect_right(other, each) for each in one)
    return greater / (2 * len(one) * len(other))


@pytest.mark.soak
@pytest.mark.parametrize("ask", ANSWERS, ids=lambda ask: ask.__name__)
async def test_time_does_not_tell_who_has_an_account(costly: House, ask: Ask) -> None:
    assert 0.45 <= await auc_of(costly, SAMPLES, ask=ask) <= 0.55


async def test_without_the_hash_of_nobody_time_tells(
    costly: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the time of this process, which no other process can lengthen: a hash costs milliseconds
    of it, and everything else of a login one."""
    strict = Passwords.verify

    async def verify(self: Passwords, password: str, hashed: str | None) -> bool:
        return hashed is not None and await strict(self, password, hashed)

    monkeypatch.setattr(Passwords, "verify", verify)
    assert await auc_of(costly, 8, process_time) > 0.55
