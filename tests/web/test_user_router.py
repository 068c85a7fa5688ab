"""The ready routes for the users of an application's own table."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import String, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from doorward.passwords import CHEAP, Busy, Cost, Passwords
from doorward.testing import FakeClock
from doorward.web.fastapi import Doorward
from doorward.web.fastapi.sqlalchemy_users import SqlAlchemyUsers
from doorward.web.fastapi.user_router import user_router

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

ORIGIN = "https://testserver"
BOB = {"email": "Bob@Example.test", "password": "correct horse battery"}


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "account"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    email: Mapped[str] = mapped_column(String, unique=True)
    password_hash: Mapped[str | None]
    role: Mapped[str] = mapped_column(String, default="reader")
    active: Mapped[bool] = mapped_column(default=True)


class Place:
    def __init__(
        self,
        app: FastAPI,
        sessions: async_sessionmaker[AsyncSession],
        users: SqlAlchemyUsers,
        clock: FakeClock,
        auth: Doorward,
    ) -> None:
        self.app, self.sessions, self.users, self.clock = app, sessions, users, clock
        self.auth = auth

    async def lock(self, email: str) -> None:
        async with self.sessions.begin() as session:
            await session.execute(
                update(Account).where(Account.email == email).values(active=False)
            )

    def browser(self) -> httpx2.AsyncClient:
        headers = {"sec-fetch-site": "same-origin"}
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app), base_url=ORIGIN, headers=headers
        )


@pytest.fixture(params=["session", "token"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/own.db")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    sessions = async_sessionmaker(engine)
    users = SqlAlchemyUsers(
        sessions,
        Account,
        roles=lambda row: {row.role},
        locked=lambda row: not row.active,
    )
    clock, key = FakeClock(), tmp_path / "root.key"
    auth = Doorward(
        "memory:", mode=request.param, clock=clock, root_key_file=key, public_origin=ORIGIN
    )
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)
    app.include_router(user_router(auth, users, Passwords(CHEAP), signup_limit=4))
    async with auth.lifespan(app):
        yield Place(app, sessions, users, clock, auth)
    await engine.dispose()


async def test_a_person_signs_up_logs_in_and_is_asked_again(place: Place) -> None:
    async with place.browser() as here, place.browser() as there:
        subject = (await here.post("/signup", json=BOB)).json()["subject"]
        assert (await here.post("/signup", json=BOB)).status_code == 409
        for browser in (here, there):
            assert (await browser.post("/login", json=BOB)).status_code == 204
        me = (await here.get("/me")).json()
        assert (me["subject"], me["roles"]) == (subject, ["reader"])
        shown = (await here.get("/sessions")).json()
        assert sorted(each["current"] for each in shown) == [False, True]
        place.clock.advance(301)
        assert (await here.delete("/account")).json()["reason"] == "step_up_required"
        wrong = await here.post("/elevate", json={"password": "wrong"})
        assert (wrong.status_code, (await here.get("/me")).status_code) == (403, 200)
        right = {"password": BOB["password"]}
        assert (await here.post("/elevate", json=right)).status_code == 204
        assert (await here.delete("/account")).status_code == 204
        assert [(await each.get("/me")).status_code for each in (here, there)] == [401, 401]
        assert await place.users.by_subject(subject) is None


async def test_a_new_password_ends_the_other_sessions(place: Place) -> None:
    async with place.browser() as here, place.browser() as there:
        await here.post("/signup", json=BOB)
        for browser in (here, there):
            await browser.post("/login", json=BOB)
        change = {"current": BOB["password"], "new": "another horse battery"}
        assert (await here.post("/password", json={**change, "current": "x"})).status_code == 403
        assert (await here.post("/password", json=change)).status_code == 204
        assert [(await each.get("/me")).status_code for each in (here, there)] == [200, 401]
        assert (await there.post("/login", json=BOB)).status_code == 401


async def test_sessions_are_ended_by_their_owner_alone(place: Place) -> None:
    eve = {"email": "eve@example.test", "password": "correct horse battery"}
    async with place.browser() as bob, place.browser() as other:
        for browser, who in ((bob, BOB), (other, eve)):
            await browser.post("/signup", json=who)
            await browser.post("/login", json=who)
        sid = (await bob.get("/me")).json()["sid"]
        assert (await other.delete(f"/sessions/{sid}")).status_code == 404
        assert (await bob.delete(f"/sessions/{sid}")).status_code == 204
        assert (await bob.get("/me")).status_code == 401


async def test_unknown_wrong_and_locked_are_one_answer_and_guesses_are_limited(
    place: Place,
) -> None:
    async with place.browser() as browser:
        await browser.post("/signup", json=BOB)
        unknown = await browser.post("/login", json={**BOB, "email": "no@example.test"})
        wrong = await browser.post("/login", json={**BOB, "password": "wrong"})
        assert unknown.content == wrong.content
        await place.lock("bob@example.test")
        assert (await browser.post("/login", json=BOB)).content == wrong.content
        tries = [await browser.post("/login", json={**BOB, "password": "x"}) for _ in range(10)]
        assert tries[-1].status_code == 429


async def test_one_of_many_gets_an_address(place: Place) -> None:
    found = await asyncio.gather(*(place.users.add("x@example.test", "h") for _ in range(8)))
    assert sum(each is not None for each in found) == 1


async def test_a_new_password_is_judged_and_never_repeated(place: Place) -> None:
    half = b'{"email":"bob@example.test","password":"hunter2hunter2\\ud800"}'
    sent = {"content-type": "application/json"}
    async with place.browser() as browser:
        common = await browser.post("/signup", json={**BOB, "password": "baseball"})
        own = await browser.post("/signup", json={**BOB, "password": "bob.example"})
        assert [each.status_code for each in (common, own)] == [400, 400]
        short = await browser.post("/signup", json={**BOB, "password": "tiny-1"})
        typed = await browser.post("/signup", json={**BOB, "email": "hunter2 hunter2"})
        broken = await browser.post("/signup", content=half, headers=sent)
        text = await browser.post("/signup", content=b"hunter2")
        for answer in (short, typed, broken, text):
            assert answer.status_code == 422
            assert not {"tiny-1", "hunter2"} & set(answer.text.replace('"', " ").split())
            assert all(set(each) == {"type", "loc", "msg"} for each in answer.json()["detail"])
        await browser.post("/signup", json=BOB)
        await browser.post("/login", json=BOB)
        weak = {"current": BOB["password"], "new": "baseball"}
        assert (await browser.post("/password", json=weak)).status_code == 400
        place.clock.advance(60)  # beyond any grace of a secret that was replaced
        assert (await browser.get("/me")).status_code == 200


async def test_sign_ups_are_limited_by_source_and_refused_to_other_origins(place: Place) -> None:
    async with place.browser() as browser:
        foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
        refused = await browser.post("/signup", json=BOB, headers=foreign)
        assert (refused.status_code, refused.json()["reason"]) == (403, "cross_origin")
        forms = [{**BOB, "email": f"{name}@example.test"} for name in "abcdef"]
        tries = [(await browser.post("/signup", json=form)).status_code for form in forms]
        assert tries == [201] * 4 + [429] * 2
        place.clock.advance(61)
        assert (await browser.post("/signup", json=forms[5])).status_code == 201


async def test_who_had_an_address_before_is_no_known_device_of_who_has_it_now(
    place: Place,
) -> None:
    wrong = {**BOB, "password": "x"}
    async with place.browser() as before, place.browser() as now:
        await before.post("/signup", json=BOB)
        await before.post("/login", json=BOB)
        assert (await before.delete("/account")).status_code == 204
        await now.post("/signup", json=BOB)
        tries = [await now.post("/login", json=wrong) for _ in range(11)]
        assert tries[-1].status_code == 429
        assert (await before.post("/login", json=wrong)).status_code == 429


class Full(Passwords):
    """Where many wait for a place, as of now."""

    async def hash(self, password: str) -> str:
        raise Busy(1)


async def test_a_login_stands_where_no_place_is_left_to_hash_anew(place: Place) -> None:
    """Else the session has begun, and nobody gets it."""
    dear = Passwords(Cost(memory_kib=16, passes=1, for_tests=True))
    hashed = await dear.hash(BOB["password"])
    dear.close()
    assert await place.users.add("bob@example.test", hashed)
    router = user_router(place.auth, place.users, full := Full(CHEAP))
    place.app.include_router(router, prefix="/full")
    async with place.browser() as browser:
        assert (await browser.post("/full/login", json=BOB)).status_code == 204
        assert (await browser.get("/me")).status_code == 200
    full.close()
