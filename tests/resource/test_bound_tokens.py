"""Tokens that are bound to a key, at the guard of an API (RFC 9449 section 7)."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI

from doorward.dpop import ALGORITHMS, REMEMBERED
from doorward.resource import proofs
from doorward.resource.address import origin_of
from doorward.resource.fastapi import Caller, Refused, Resource
from tests.proving import Prover
from tests.resource.issuer import API, AUTH, ISSUER, FakeIssuer

pytestmark = pytest.mark.anyio

URI = "https://api.example/photos"
ANN = Prover()
Ask = Callable[..., Any]


@pytest.fixture
async def ask(issuer: FakeIssuer) -> AsyncIterator[Ask]:
    """Asks for the photos with a token and proofs."""
    guard = Resource(API, issuer=ISSUER, client_id=AUTH[0], client_secret=AUTH[1])
    guard.guard = await issuer.synced()
    app = FastAPI()
    guard.install(app)

    @app.get("/photos")
    @app.get("/photos/{name:path}")
    async def photos(
        caller: Annotated[Caller, Depends(guard.requires(scope="photos:read"))],
    ) -> str:
        return caller.subject

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://api.example") as client:

        async def get(
            token: str, *shown: str, scheme: str = "DPoP", path: str = "/photos?of=1", **more: str
        ) -> httpx2.Response:
            headers = [("authorization", f"{scheme} {token}"), *(("dpop", each) for each in shown)]
            return await client.get(path, headers=[*headers, *more.items()])

        yield get


def bound(issuer: FakeIssuer, prover: Prover = ANN) -> str:
    return issuer.token(cnf={"jkt": prover.jkt})


async def test_a_bound_token_is_accepted_with_a_proof_for_this_request(
    ask: Ask, issuer: FakeIssuer
) -> None:
    token = bound(issuer)
    for _ in range(2):
        proof = ANN.proof("GET", URI, issuer.clock(), token)
        assert (await ask(token, proof)).status_code == 200
        again = await ask(token, proof)
        assert again.status_code == 401
        challenge = again.headers["www-authenticate"]
        assert challenge.startswith(f'DPoP algs="{" ".join(ALGORITHMS)}", resource_metadata=')
        assert 'error="invalid_dpop_proof"' in challenge


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"htm": "POST"}, "invalid_dpop_proof"),
        ({"htu": "https://api.example/other"}, "invalid_dpop_proof"),
        ({"htu": "https://evil.example/photos"}, "invalid_dpop_proof"),
        ({"ath": None}, "invalid_dpop_proof"),
        ({"iat": 1}, "invalid_dpop_proof"),
    ],
    ids=str,
)
async def test_a_proof_of_another_request_is_none(
    ask: Ask, issuer: FakeIssuer, claims: dict[str, Any], error: str
) -> None:
    token = bound(issuer)
    answer = await ask(token, ANN.proof("GET", URI, issuer.clock(), token, **claims))
    assert (answer.status_code, answer.json()["reason"]) == (401, error)


@pytest.mark.parametrize(
    ("path", "named", "status"),
    [
        ("/photos/a%20b", "/photos/a%20b", 200),
        ("/photos/%C3%A9", "/photos/%C3%A9", 200),
        ("/photos/a%2Fb", "/photos/a%2Fb", 200),
        ("/photos/a%2Fb", "/photos/a/b", 401),
        ("/photos/x%3Fy", "/photos/x", 401),
        ("/photos/x%23y", "/photos/x", 401),
        ("/photos/../photos", "/photos/", 401),
    ],
)
async def test_a_proof_names_the_path_as_it_was_sent(
    ask: Ask, issuer: FakeIssuer, path: str, named: str, status: int
) -> None:
    token = bound(issuer)
    proof = ANN.proof("GET", f"https://api.example{named}", issuer.clock(), token)
    assert (await ask(token, proof, path=path)).status_code == status
    proof = ANN.proof("GET", "https://api.example/other", issuer.clock(), token)
    assert (await ask(token, proof, path=path, host="api.example/other?")).status_code == 401


async def test_nothing_falls_back_to_a_bearer_token(ask: Ask, issuer: FakeIssuer) -> None:
    token, plain, now = bound(issuer), issuer.token(), issuer.clock()
    for answer in (
        await ask(token, scheme="Bearer"),
        await ask(token, ANN.proof("GET", URI, now, token), scheme="Bearer"),
        await ask(plain, ANN.proof("GET", URI, now, plain)),
        await ask(token, Prover().proof("GET", URI, now, token)),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (401, "invalid_token")
    for shown in ((), (ANN.proof("GET", URI, now, token),) * 2, ("x",)):
        answer = await ask(token, *shown)
        assert (answer.status_code, answer.json()["reason"]) == (401, "invalid_dpop_proof")
    assert (await ask(plain, scheme="Bearer")).status_code == 200


@pytest.mark.parametrize(
    "cnf",
    [{}, {"jkt": ""}, {"jkt": 7}, {"x5t#S256": "a"}, {"jkt": "a" * 43, "x": "a"}],
    ids=str,
)
async def test_a_confirmation_that_is_not_understood_is_not_skipped(
    ask: Ask, issuer: FakeIssuer, cnf: Any
) -> None:
    assert (await ask(issuer.token(cnf=cnf), scheme="Bearer")).status_code == 401


async def test_proofs_are_remembered_for_as_long_as_they_are_good(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "MOST", 2)
    guard, token = await issuer.synced(), bound(issuer)

    async def check() -> str:
        shown = ANN.proof("GET", URI, issuer.clock(), token)
        proof = guard.proof_of(shown, method="GET", path="/photos", token=token)
        try:
            return (await guard.check(token, "photos:read", proof=proof)).subject
        except Refused as refused:
            return refused.code

    assert [await check() for _ in range(3)] == ["ada", "ada", "unavailable"]
    issuer.clock.advance(REMEMBERED)
    issuer.ticks.now += 0.1
    assert await check() == "ada"


@pytest.mark.parametrize(
    ("resource", "origin"),
    [
        ("https://API.example:443/photos", "https://api.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:80/", "http://localhost"),
    ],
)
def test_an_origin_is_as_proofs_name_it(resource: str, origin: str) -> None:
    assert origin_of(resource) == origin
