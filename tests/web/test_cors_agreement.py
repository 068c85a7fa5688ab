"""An application that answers CORS from another list than the gate's does not start."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware as AnyMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from doorward import ConfigurationError, Settings
from doorward.web.asgi import Middleware
from doorward.web.cors_agreement import check_agreement
from doorward.web.fastapi import Doorward
from doorward.web.lifecycle import Lifecycle

OWN, SIBLING, ELSEWHERE = "https://app.example", "https://spa.app.example", "capacitor://localhost"
LIST = (SIBLING, ELSEWHERE)


def fitted(*, origins: Sequence[str] = LIST, **options: Any) -> AnyMiddleware:
    return AnyMiddleware(CORSMiddleware, allow_origins=list(origins), **options)


AGREEING: list[AnyMiddleware] = [fitted(), fitted(allow_credentials=True, allow_methods=["*"])]
DISAGREEING: list[tuple[AnyMiddleware, str]] = [
    (fitted(origins=["*"]), "allows *,"),
    (fitted(origins=["*"], allow_credentials=True), "allows *,"),
    (fitted(origins=[]), "allows none,"),
    (fitted(origins=LIST[:1]), f"allows {SIBLING},"),
    (fitted(origins=[*LIST, "https://evil.example"]), "https://evil.example"),
    (fitted(origins=[SIBLING + "/", ELSEWHERE]), SIBLING + "/"),
    (fitted(allow_origin_regex="https://.*"), "https://.*"),
    (AnyMiddleware(CORSMiddleware, ["https://evil.example"]), "https://evil.example"),
]


def applications(middleware: AnyMiddleware) -> list[Any]:
    """Everywhere that it can stand."""
    inside = Starlette(middleware=[AnyMiddleware(GZipMiddleware), middleware])
    cls, args, kwargs = middleware.cls, middleware.args, middleware.kwargs
    return [
        inside,
        cls(inside_of_nothing, *args, **kwargs),
        Starlette(routes=[Mount("/sub", inside)]),
        Starlette(
            routes=[Mount("/sub", routes=[Route("/", inside_of_nothing)], middleware=[middleware])]
        ),
        GZipMiddleware(Starlette(routes=[Mount("/a", Starlette(routes=[Mount("/b", inside)]))])),
    ]


async def inside_of_nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("middleware", AGREEING)
def test_a_middleware_with_the_same_list_is_no_fault(middleware: AnyMiddleware, place: int) -> None:
    check_agreement(applications(middleware)[place], LIST)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(("middleware", "named"), DISAGREEING)
def test_a_middleware_with_another_list_is_named(
    middleware: AnyMiddleware, named: str, place: int
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(named)) as error:
        check_agreement(applications(middleware)[place], LIST)
    assert f"trusted_origins lists {SIBLING}, {ELSEWHERE}: remove" in str(error.value)


def test_an_application_that_holds_itself_is_looked_at_once() -> None:
    app = Starlette()
    app.router.routes.append(Mount("/again", app))
    check_agreement(app, LIST)


@pytest.mark.parametrize("installed_first", [True, False])
def test_a_fastapi_application_whose_list_differs_does_not_start(installed_first: bool) -> None:
    auth = Doorward("memory:", public_origin=OWN, trusted_origins=[SIBLING])
    app = FastAPI(lifespan=auth.lifespan)
    if installed_first:
        auth.install(app)
    app.add_middleware(CORSMiddleware, allow_origins=["https://evil.example"])
    if not installed_first:
        auth.install(app)
    with pytest.raises(ConfigurationError, match=r"allows https://evil\.example, and"):
        TestClient(app).__enter__()


def test_neither_does_one_behind_the_bare_middleware() -> None:
    lifecycle = Lifecycle("memory:", Settings(public_origin=OWN))
    app = Middleware(Starlette(middleware=[fitted()]), lifecycle)
    with pytest.raises(ConfigurationError, match="trusted_origins lists none"):
        TestClient(app).__enter__()


def test_one_whose_list_is_the_same_starts_and_credentials_stay_those_of_the_site() -> None:
    auth = Doorward("memory:", public_origin=OWN, trusted_origins=LIST)
    app = FastAPI(lifespan=auth.lifespan)
    app.add_middleware(CORSMiddleware, allow_origins=LIST, allow_credentials=True)
    auth.install(app)

    @app.get("/")
    def index(request: Request) -> str:
        return "hello"

    with TestClient(app, base_url=OWN) as client:
        for origin, site, credentials in (
            (SIBLING, "same-site", "true"),
            (ELSEWHERE, "cross-site", None),
        ):
            headers = {"origin": origin, "sec-fetch-site": site}
            answer = client.get("/", headers=headers)
            assert answer.headers.get_list("access-control-allow-origin") == [origin]
            assert answer.headers.get("access-control-allow-credentials") == credentials
