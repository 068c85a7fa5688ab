"""What a guard may ask for, and how a test of an application stands in for it."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI

from doorward import Principal
from doorward.web.fastapi import Doorward
from tests.web.driver import ask, bearer

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(auth: Doorward) -> FastAPI:
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)
    staff = auth.requires(any_role=["editor", "admin"])

    @app.get("/desk")
    async def desk(who: Annotated[Principal, Depends(staff)]) -> str:
        return who.subject

    @app.get("/press")
    async def press(
        who: Annotated[Principal, Depends(auth.requires(any_role={"editor"}, scope="print"))],
    ) -> str:
        return who.subject

    return app


async def log_in(auth: Doorward, **facts: Any) -> tuple[bytes, bytes]:
    issued = await (await (await auth.auth()).attempt()).login("ann", **facts)
    return bearer(issued.credential)


@pytest.mark.parametrize("roles", [["editor"], ["admin"], ["reader", "admin"]])
async def test_one_of_several_roles_is_enough(
    app: FastAPI, auth: Doorward, roles: list[str]
) -> None:
    assert (await ask(app, "/desk", headers=[await log_in(auth, roles=roles)])).status == 200


@pytest.mark.parametrize("roles", [[], ["reader"]])
async def test_who_has_none_of_them_is_refused(
    app: FastAPI, auth: Doorward, roles: list[str]
) -> None:
    answer = await ask(app, "/desk", headers=[await log_in(auth, roles=roles)])
    assert (answer.status, answer.reason) == (403, "insufficient_role")
    assert (await ask(app, "/desk")).status == 401


async def test_what_else_is_required_is_required_too(app: FastAPI, auth: Doorward) -> None:
    held = await log_in(auth, roles=["editor"], scopes=["read"])
    assert (await ask(app, "/press", headers=[held])).reason == "insufficient_scope"
    for scopes in (["print"], []):
        held = await log_in(auth, roles=["editor"], scopes=scopes)
        assert (await ask(app, "/press", headers=[held])).status == 200


async def test_the_openapi_page_says_that_a_role_may_be_lacking(app: FastAPI) -> None:
    assert "403" in app.openapi()["paths"]["/desk"]["get"]["responses"]


@pytest.mark.parametrize("slip", ["editor", [], ["the editor"], [1], [""], 1])
async def test_what_is_no_list_of_names_is_refused_at_once(auth: Doorward, slip: Any) -> None:
    with pytest.raises(ValueError, match=r"any_role|printable name"):
        auth.requires(any_role=slip)


ASKED: list[dict[str, Any]] = [
    {"role": "editor"},
    {"any_role": ["editor", "admin"]},
    {"scope": "print"},
    {"fresh": 60},
    {"max_staleness": 0},
]


@pytest.mark.parametrize("asked", ASKED)
async def test_a_test_overrides_a_guard_by_saying_again_what_it_requires(
    app: FastAPI, auth: Doorward, asked: dict[str, Any]
) -> None:
    @app.get("/it")
    async def it(who: Annotated[Principal, Depends(auth.requires(**asked))]) -> str:
        return who.subject

    others = [each for each in ASKED if each != asked]
    app.dependency_overrides = {
        auth.requires(**each): lambda: pytest.fail("another guard") for each in others
    }
    assert (await ask(app, "/it")).status == 401
    bob = Principal(
        subject="bob", sid="0", mode="session", roles=frozenset(), amr=(), authenticated_at=0
    )
    app.dependency_overrides[auth.requires(**asked)] = lambda: bob
    assert (await ask(app, "/it")).body == b'"bob"'


async def test_the_order_of_roles_makes_no_other_guard(auth: Doorward) -> None:
    assert auth.requires(any_role=["a", "b"]) == auth.requires(any_role=("b", "a"))
    assert auth.requires(any_role=["a"]) != auth.requires(role="a")
    assert auth.principal != auth.requires(role="a")
    assert auth.requires(role="a") != "a"
