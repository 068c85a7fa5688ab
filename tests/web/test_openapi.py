"""What the OpenAPI page of an application says about its guards."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.security import APIKeyHeader

from doorward.types import Mode
from doorward.web.fastapi import Doorward, Principal

OURS: list[dict[str, list[str]]] = [{"cookie": []}, {"bearer": []}]


def described(mode: Mode, tmp_path: Path) -> dict[str, Any]:
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
        ("/routed", OURS),
        ("/both", [*OURS, {"APIKeyHeader": []}]),
    ],
)
def test_a_guarded_route_takes_either_and_an_open_one_none(
    path: str, security: list[dict[str, list[str]]] | None, tmp_path: Path
) -> None:
    operation = described("session", tmp_path)["paths"][path]["get"]
    assert operation.get("security") == security


def test_an_application_without_a_guard_shows_no_schemes(tmp_path: Path) -> None:
    app = FastAPI()
    Doorward("memory:", root_key_file=tmp_path / "key").install(app)
    assert "components" not in app.openapi()
