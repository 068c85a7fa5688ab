"""What the OpenAPI page of an application says about its guards."""

from json import loads
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.security import APIKeyHeader

from doorward import Reason, Rejected
from doorward.types import Mode
from doorward.web.fastapi import Doorward, Principal
from doorward.web.problem import problem

OURS: list[dict[str, list[str]]] = [{"cookie": []}, {"bearer": []}]


def described(  # noqa: C901 - one small route after another
    mode: Mode, tmp_path: Path
) -> dict[str, Any]:
    auth = Doorward("memory:", mode=mode, root_key_file=tmp_path / "key")
    app = FastAPI()
    auth.install(app)
    router = APIRouter(dependencies=[Depends(auth.principal)])
    key = APIKeyHeader(name="X-Key")

    @app.get("/open")
    async def open_to_all() -> None: ...

    @app.get("/me")
    async def me(principal: Annotated[Principal, Depends(auth.principal)]) -> None: ...

    @app.get("/strict", dependencies=[Depends(auth.requires(role="editor"))])
    async def strict() -> None: ...

    @app.post("/write")
    async def write(principal: Annotated[Principal, Depends(auth.principal)]) -> None: ...

    @app.get("/told", responses={401: {"description": "Ours."}})
    async def told(principal: Annotated[Principal, Depends(auth.principal)]) -> None: ...

    @app.get("/any", responses={"default": {"description": "Ours."}})
    async def any_refusal(principal: Annotated[Principal, Depends(auth.principal)]) -> None: ...

    twice = [Depends(auth.principal), Depends(auth.requires(scope="read"))]

    @app.get("/twice", dependencies=twice)
    async def guarded_twice() -> None: ...

    @app.get("/maybe")
    async def maybe(
        principal: Annotated[Principal | None, Depends(auth.optional_principal)],
    ) -> None: ...

    @app.get("/both", dependencies=[Depends(auth.principal), Security(key)])
    async def both() -> None: ...

    @router.get("/routed", dependencies=[Depends(auth.requires(fresh=60))])
    async def routed() -> None: ...

    app.include_router(router)
    schema: dict[str, Any] = app.openapi()
    assert app.openapi() == schema  # it is kept, and described once
    return schema


@pytest.mark.parametrize(
    ("mode", "name", "format"),
    [("session", "__Host-session", "opaque session token"), ("token", "__Host-access", "JWT")],
)
def test_both_transports_are_described_as_the_mode_has_them(
    mode: Mode, name: str, format: str, tmp_path: Path
) -> None:
    schemes = described(mode, tmp_path)["components"]["securitySchemes"]
    assert schemes.pop("APIKeyHeader") is not None
    assert schemes == {
        "cookie": {"type": "apiKey", "in": "cookie", "name": name},
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": format},
    }


@pytest.mark.parametrize(
    ("path", "security"),
    [
        ("/open", None),
        ("/maybe", None),
        ("/me", OURS),
        ("/strict", OURS),
        ("/twice", OURS),
        ("/routed", OURS),
        ("/both", [*OURS, {"APIKeyHeader": []}]),
    ],
)
def test_a_guarded_route_takes_either_and_an_open_one_none(
    path: str, security: list[dict[str, list[str]]] | None, tmp_path: Path
) -> None:
    operation = described("session", tmp_path)["paths"][path]["get"]
    assert operation.get("security") == security


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/open", ["200"]),
        ("/maybe", ["200"]),
        ("/me", ["200", "401"]),
        ("/write", ["200", "401", "403"]),
        ("/strict", ["200", "401", "403"]),
        ("/twice", ["200", "401", "403"]),
        ("/routed", ["200", "401"]),
        ("/any", ["200", "default"]),
    ],
)
def test_a_guarded_route_shows_how_it_refuses(
    path: str, statuses: list[str], tmp_path: Path
) -> None:
    (operation,) = described("token", tmp_path)["paths"][path].values()
    assert sorted(operation["responses"]) == statuses


def test_a_refusal_is_described_as_the_problem_it_is(tmp_path: Path) -> None:
    schema = described("session", tmp_path)
    content = schema["paths"]["/me"]["get"]["responses"]["401"]["content"]
    assert content == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/DoorwardProblem"}}
    }
    shown = schema["components"]["schemas"]["DoorwardProblem"]
    sent = loads(problem(Rejected(Reason.MISSING))[2])
    kinds = {"string": str, "integer": int}
    assert {name: kinds[each["type"]] for name, each in shown["properties"].items()} == {
        name: type(value) for name, value in sent.items()
    }
    assert set(shown["required"]) == set(sent)


def test_what_an_application_says_of_its_refusals_stays(tmp_path: Path) -> None:
    responses = described("session", tmp_path)["paths"]["/told"]["get"]["responses"]
    assert responses["401"] == {"description": "Ours."}


def test_an_application_that_describes_every_refusal_itself_shows_no_problem_of_ours(
    tmp_path: Path,
) -> None:
    auth = Doorward("memory:", root_key_file=tmp_path / "key")
    app = FastAPI(responses={"default": {"description": "Ours."}})
    auth.install(app)

    @app.get("/me", dependencies=[Depends(auth.principal)])
    async def me() -> None: ...

    assert set(app.openapi()["components"]) == {"securitySchemes"}


def test_an_application_without_a_guard_shows_no_schemes(tmp_path: Path) -> None:
    app = FastAPI()
    Doorward("memory:", root_key_file=tmp_path / "key").install(app)
    assert "components" not in app.openapi()
