"""The guard in an application of FastAPI: refusals on the wire, and the metadata."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI

from doorward import ConfigurationError
from doorward.resource.fastapi import Caller, Resource
from tests.resource.issuer import API, AUTH, ISSUER, FakeIssuer

pytestmark = pytest.mark.anyio

METADATA = "https://api.example/.well-known/oauth-protected-resource/photos"
WHERE = f'Bearer resource_metadata="{METADATA}"'


@pytest.fixture
async def client(issuer: FakeIssuer) -> AsyncIterator[httpx2.AsyncClient]:
    guard = Resource(API, issuer=ISSUER, client_id=AUTH[0], client_secret=AUTH[1])
    guard.guard = await issuer.synced()
    app = FastAPI()
    guard.install(app)

    @app.get("/photos")
    async def photos(
        caller: Annotated[Caller, Depends(guard.requires(scope="photos:read"))],
    ) -> dict[str, str]:
        return {"of": caller.subject}

    @app.post("/photos")
    async def add(
        caller: Annotated[Caller, Depends(guard.requires(scope="photos:read photos:add"))],
    ) -> None: ...

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://api.example") as found:
        yield found


async def test_a_route_knows_who_calls(client: httpx2.AsyncClient, issuer: FakeIssuer) -> None:
    for scheme in ("Bearer", "bearer"):
        headers = {"authorization": f"{scheme} {issuer.token()}"}
        answer = await client.get("/photos", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"of": "ada"})


CASES: dict[str, tuple[list[str], str, int, str]] = {
    "no token": ([], "", 401, f'{WHERE}, scope="photos:read"'),
    "basic": (["Basic YTpi"], "", 401, f'{WHERE}, scope="photos:read"'),
    "no JWS": (["Bearer x"], "", 401, f'{WHERE}, error="invalid_token", scope="photos:read"'),
    "empty": (["Bearer "], "", 401, f'{WHERE}, error="invalid_token", scope="photos:read"'),
    "two headers": (["Bearer {}", "Bearer x"], "", 400, f'{WHERE}, error="invalid_request"'),
    "in the address": ([], "?access_token={}", 400, f'{WHERE}, error="invalid_request"'),
    "there as well": (
        ["Bearer {}"],
        "?a=1&access_token=",
        400,
        f'{WHERE}, error="invalid_request"',
    ),
}


@pytest.mark.parametrize(("headers", "query", "status", "challenge"), CASES.values(), ids=CASES)
async def test_a_refusal_says_where_tokens_are_to_be_had(
    client: httpx2.AsyncClient,
    issuer: FakeIssuer,
    headers: list[str],
    query: str,
    status: int,
    challenge: str,
) -> None:
    token = issuer.token()
    shown: Any = [("authorization", each.format(token)) for each in headers]
    answer = await client.get("/photos" + query.format(token), headers=shown)
    assert answer.status_code == status
    assert answer.headers["www-authenticate"] == challenge
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert token not in answer.text


async def test_too_few_scopes_name_those_that_are_needed(
    client: httpx2.AsyncClient, issuer: FakeIssuer
) -> None:
    answer = await client.post("/photos", headers={"authorization": f"Bearer {issuer.token()}"})
    assert answer.status_code == 403
    scope = 'scope="photos:read photos:add"'
    challenge = f'{WHERE}, error="insufficient_scope", {scope}'
    assert answer.headers["www-authenticate"] == challenge
    assert answer.json()["reason"] == "insufficient_scope"


async def test_an_api_that_cannot_know_says_503_and_challenges_nobody(
    client: httpx2.AsyncClient, issuer: FakeIssuer
) -> None:
    issuer.ticks.now += 6
    answer = await client.get("/photos", headers={"authorization": f"Bearer {issuer.token()}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "www-authenticate" not in answer.headers


async def test_the_metadata_say_who_gives_tokens(client: httpx2.AsyncClient) -> None:
    answer = await client.get(METADATA)
    assert answer.json() == {
        "resource": API,
        "authorization_servers": [ISSUER],
        "scopes_supported": ["photos:add", "photos:read"],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "RS256"],
    }
    assert answer.headers["access-control-allow-origin"] == "*"
    answer = await client.options(METADATA)
    assert (answer.status_code, answer.headers["access-control-allow-headers"]) == (204, "*")


def test_openapi_describes_the_token(issuer: FakeIssuer) -> None:
    guard = Resource(API, issuer=ISSUER, client_id="a", client_secret="b")
    app = FastAPI()

    @app.get("/", dependencies=[Depends(guard.requires(scope="photos:read"))])
    async def index() -> None: ...

    found = app.openapi()
    assert found["paths"]["/"]["get"]["security"] == [{"access_token": []}]
    scheme = found["components"]["securitySchemes"]["access_token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


@pytest.mark.parametrize("path", ["", "/", "/a/b"])
def test_the_metadata_lie_between_host_and_path(path: str) -> None:
    guard = Resource(f"https://api.example{path}", issuer=ISSUER, client_id="a", client_secret="b")
    below = "" if path == "/" else path
    assert guard.guard.metadata_path == f"/.well-known/oauth-protected-resource{below}"


UNSAFE: dict[str, dict[str, Any]] = {
    "plain http": {"resource": "http://api.example"},
    "a query": {"resource": "https://api.example/?a"},
    "a fragment": {"resource": "https://api.example/#a"},
    "a quote": {"resource": 'https://api.example/"'},
    "no host": {"resource": "https://"},
    "no address": {"resource": "https://[a"},
    "a password": {"issuer": "https://a:b@login.example"},
    "an issuer by plain http": {"issuer": "http://login.example"},
    "no secret": {"client_secret": ""},
    "no bound": {"max_staleness": 0},
}


@pytest.mark.parametrize("settings", UNSAFE.values(), ids=UNSAFE)
def test_unsafe_settings_are_refused_at_once(settings: dict[str, Any]) -> None:
    usual = {"resource": API, "issuer": ISSUER, "client_id": "a", "client_secret": "b"}
    Resource(**usual)
    Resource(**{**usual, "issuer": "http://localhost:8000"})
    with pytest.raises(ConfigurationError):
        Resource(**{**usual, **settings})


@pytest.mark.parametrize("scope", ["", " ", 'a"', "a\\b", "ä"])
def test_a_route_names_a_scope_that_can_be_one(scope: str) -> None:
    guard = Resource(API, issuer=ISSUER, client_id="a", client_secret="b")
    with pytest.raises(ValueError, match="scope"):
        guard.requires(scope=scope)
