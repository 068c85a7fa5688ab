"""Two `Doorward(...)` in one process: who is known to the one is nobody to the other."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request, Response

from doorward import ConfigurationError, Principal
from doorward.web.fastapi import Doorward
from tests.web.driver import OURS, Header, ask, bearer

pytestmark = pytest.mark.anyio

ANOTHER = "another Doorward"


@pytest.fixture
async def staff(tmp_path: Path) -> AsyncIterator[Doorward]:
    """A second lifecycle, beside `auth`."""
    found = Doorward("memory:", root_key_file=tmp_path / "key", cookie_suffix="staff")
    yield found
    await found.lifecycle.close()


async def log_in(auth: Doorward) -> Header:
    issued = await (await (await auth.auth()).attempt()).login("ann", roles=["admin"])
    return bearer(issued.credential)


def routes(app: FastAPI, auth: Doorward) -> None:
    @app.get("/me")
    async def me(who: Annotated[Principal, Depends(auth.principal)]) -> str:
        return who.subject

    @app.get("/desk", dependencies=[Depends(auth.requires(role="admin"))])
    async def desk() -> None: ...

    @app.get("/maybe", dependencies=[Depends(auth.optional_principal)])
    async def maybe() -> None: ...

    @app.post("/login")
    async def login(response: Response) -> None:
        await (await auth.attempt()).login(response, subject="ann")

    @app.post("/elevate")
    async def elevate(response: Response) -> None:
        await auth.elevate(response)

    @app.post("/logout")
    async def logout(request: Request, response: Response) -> None:
        await auth.logout(request, response)


@pytest.mark.parametrize("path", ["/me", "/desk", "/maybe", "/login", "/elevate", "/logout"])
async def test_behind_the_gate_of_another_nobody_is_taken_for_somebody(
    auth: Doorward, staff: Doorward, path: str
) -> None:
    app = FastAPI()
    auth.install(app)
    routes(app, staff)
    await staff.auth()
    method = "POST" if path in ("/login", "/elevate", "/logout") else "GET"
    with pytest.raises(ConfigurationError, match=ANOTHER):
        await ask(app, path, method=method, headers=[await log_in(auth), OURS])


async def test_a_guard_of_another_is_not_spared_by_one_that_asks_the_same(
    auth: Doorward, staff: Doorward
) -> None:
    app = FastAPI()
    auth.install(app)

    @app.get("/both")
    async def both(
        one: Annotated[Principal, Depends(auth.principal)],
        other: Annotated[Principal, Depends(staff.principal)],
    ) -> None: ...

    assert auth.principal != staff.principal
    with pytest.raises(ConfigurationError, match=ANOTHER):
        await ask(app, "/both", headers=[await log_in(auth)])


async def test_one_application_takes_one_and_the_same_again(
    auth: Doorward, staff: Doorward
) -> None:
    app = FastAPI()
    auth.install(app)
    auth.install(app)
    with pytest.raises(ConfigurationError, match=ANOTHER):
        staff.install(app)


async def test_each_of_two_applications_has_its_own_within_the_other(
    auth: Doorward, staff: Doorward
) -> None:
    app, within = FastAPI(), FastAPI()
    auth.install(app)
    staff.install(within)
    routes(app, auth)
    routes(within, staff)
    app.mount("/staff", within)
    headers = {each: [await log_in(each)] for each in (auth, staff)}
    asked: list[tuple[str, Doorward, int]] = [
        *(("/me", auth, 200), ("/me", staff, 401)),
        *(("/staff/me", auth, 401), ("/staff/me", staff, 200)),
    ]
    for path, whose, status in asked * 2:  # what was accepted once is looked up the second time
        assert (await ask(app, path, headers=headers[whose])).status == status


async def test_a_door_that_was_closed_and_opened_again_is_the_same(auth: Doorward) -> None:
    app = FastAPI()
    auth.install(app)

    @app.middleware("http")
    async def close(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        await auth.lifecycle.close()
        await auth.auth()
        return await call_next(request)

    routes(app, auth)
    assert (await ask(app, "/me")).reason == "missing"
