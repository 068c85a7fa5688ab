"""Applications that describe themselves: client id metadata documents, as MCP has them."""

import json
import socket
import ssl
from asyncio import start_server
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from doorward.errors import ConfigurationError
from doorward.server.options import Options
from doorward.web.limits import FETCHES_FROM
from tests.server.house import House, Opened
from tests.server.oauth.test_fetch import HOST, OK, Site
from tests.server.third_party import Application, application, said
from tests.support.certificate import make_certificate

pytestmark = pytest.mark.anyio

LOCAL = "http://localhost/callback"


class Described:
    """The document of an application, at its site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.says: dict[str, Any] = {
            "client_id": site.url,
            "client_name": "Agent",
            "redirect_uris": ["https://agent.example/callback", LOCAL],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        }

    def publish(self, **changes: Any) -> None:
        self.says |= changes
        body = json.dumps(self.says)
        self.site.answer = f"{OK}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    folder = tmp_path_factory.mktemp("agent")
    return make_certificate(folder, host=HOST), folder


@pytest.fixture
async def described(
    certificate: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Described]:
    trust, folder = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    site = Site(0, trust)

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        assert host == HOST
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    server = await start_server(site.asked, "127.0.0.1", 0, ssl=context)
    site.port = server.sockets[0].getsockname()[1]
    found = Described(site)
    found.publish()
    async with server:
        yield found


async def open_to(opened: Opened, described: Described, **options: Any) -> House:
    house: House = await opened(provider=True, **{"applications": "documents", **options})
    fetch = house.service.provider.documents.fetch
    fetch.allowed, fetch.tls = (lambda address: address.is_loopback), described.site.trust
    await application(house)  # which adds the scopes
    return house


def request(described: Described, **more: str) -> dict[str, str]:
    uri = "https://agent.example/callback"
    return {"client_id": described.site.url, "redirect_uri": uri, "scope": "photos:read", **more}


async def an_agent(house: House, described: Described) -> Application:
    client = await house.service.provider.documents.find(described.site.url)
    assert client is not None
    return Application(house, client, None)


async def ask(house: House, described: Described, **more: str) -> httpx2.Response:
    app = await application(house, "public", name="for its parameters")
    return await app.authorize(await house.alice(), **request(described, **more))


async def test_an_agent_that_nobody_registered_is_allowed_by_a_person(
    opened: Opened, described: Described
) -> None:
    house = await open_to(opened, described)
    page = await ask(house, described)
    assert page.status_code == 200
    for shown in ("Agent", "agent.example", f"{HOST}:{described.site.port}", "Nobody here has"):
        assert shown in page.text
    agent, browser = await an_agent(house, described), await house.alice()
    given = await agent.tokens(browser)
    assert (await agent.refresh(given["refresh_token"])).status_code == 200
    assert len(described.site.heads) == 1
    # it is asked for again each time, and never sent on untold
    assert (await agent.authorize(browser)).status_code == 200
    facts = (await agent.house.service.provider.clients.find(agent.client.client_id)) or None
    assert facts is not None
    assert facts.facts()["describes_itself"]


async def test_on_this_machine_any_port_will_do_and_the_name_localhost(
    opened: Opened, described: Described
) -> None:
    house = await open_to(opened, described)
    agent, browser = await an_agent(house, described), await house.alice()
    uri = "http://localhost:49152/callback"
    answer = await agent.decide(browser, redirect_uri=uri)
    assert said(answer)["code"]
    for wrong in ("http://localhost:49152/other", "http://localhost.evil.example/callback"):
        answer = await agent.authorize(browser, redirect_uri=wrong)
        assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_an_error_sends_nobody_on_without_a_click(
    opened: Opened, described: Described
) -> None:
    house = await open_to(opened, described)
    for more in ({"scope": "unknown"}, {"prompt": "none"}):
        page = await ask(house, described, **more)
        assert page.status_code == 200
        assert "location" not in page.headers
        assert "http-equiv" not in page.text
        assert "Leave for agent.example?" in page.text
    agent = await an_agent(house, described)
    denied = await agent.decide(await house.alice(), "cancel")  # the person did something
    assert said(denied)["error"] == "access_denied"


@pytest.mark.parametrize(
    "options",
    [
        {"applications": "operator"},
        {"applications": "listed", "document_hosts": ("other.example", HOST)},  # without its port
    ],
    ids=str,
)
async def test_whose_documents_count_is_the_operators_choice(
    opened: Opened, described: Described, options: dict[str, Any]
) -> None:
    house = await open_to(opened, described, **options)
    assert (await ask(house, described)).status_code == 400
    assert described.site.heads == []


async def test_a_listed_host_is_believed(opened: Opened, described: Described) -> None:
    hosts = (f"{HOST}:{described.site.port}",)
    house = await open_to(opened, described, applications="listed", document_hosts=hosts)
    assert (await ask(house, described)).status_code == 200


async def test_what_the_operator_allows_no_more_is_refused_at_once(
    opened: Opened, described: Described
) -> None:
    house = await open_to(opened, described)
    agent, browser = await an_agent(house, described), await house.alice()
    given, code = await agent.tokens(browser), await agent.code(browser)
    client = await house.service.provider.clients.disable(agent.client.client_id, at=house.clock())
    assert client is not None
    for answer in (
        await agent.refresh(given["refresh_token"]),
        await agent.redeem(code),
    ):
        assert answer.json()["error"] == "invalid_client"
    assert (await agent.authorize(browser)).status_code == 400
    assert len(described.site.heads) == 1


async def test_what_a_document_takes_back_counts_when_its_copy_is_old(
    opened: Opened, described: Described
) -> None:
    house = await open_to(opened, described)
    agent, browser = await an_agent(house, described), await house.alice()
    described.publish(redirect_uris=[LOCAL])
    assert (await agent.authorize(browser)).status_code == 200  # the copy is fresh
    house.clock.advance(3_600)
    browser = await house.alice()
    assert (await agent.authorize(browser)).status_code == 400
    assert len(described.site.heads) == 2
    described.publish(client_id="https://app.example/other")
    house.clock.advance(3_600)
    agent_now = await house.service.provider.documents.find(described.site.url)
    assert agent_now is None


async def test_strangers_make_this_server_fetch_seldom(
    opened: Opened, described: Described
) -> None:
    house = await open_to(opened, described)
    described.publish(client_id="https://app.example/other")
    for _ in range(6):
        assert await house.service.provider.documents.find(described.site.url) is None
    assert len(described.site.heads) == 3
    house.clock.advance(60)
    described.publish(client_id=described.site.url)
    assert await house.service.provider.documents.find(described.site.url) is not None


async def test_one_source_makes_this_server_fetch_seldom(
    opened: Opened, described: Described
) -> None:
    house = await open_to(opened, described)
    stranger, other = await house.client(), await house.client(address="203.0.113.9")
    for number in range(FETCHES_FROM + 5):
        params = request(described, client_id=f"{described.site.url}/{number}")
        assert (await stranger.get("/oauth/authorize", params=params)).status_code == 400
    assert len(described.site.heads) == FETCHES_FROM
    params = (await an_agent(house, described)).request()
    assert (await stranger.get("/oauth/authorize", params=params)).status_code == 303  # fresh
    params = request(described, client_id=f"{described.site.url}/x")
    await other.get("/oauth/authorize", params=params)
    assert len(described.site.heads) == FETCHES_FROM + 2


@pytest.mark.parametrize(
    "choice", [{"applications": "listed"}, {"document_hosts": ("a.example",)}], ids=str
)
def test_hosts_and_the_choice_of_them_belong_together(choice: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="belong together"):
        Options(**choice)


@pytest.mark.parametrize("applications", ["operator", "documents"])
async def test_the_metadata_say_whether_documents_count(opened: Opened, applications: str) -> None:
    house: House = await opened(provider=True, applications=applications)
    client = await house.client()
    found = (await client.get("/.well-known/oauth-authorization-server")).json()
    counts = applications == "documents"
    assert found["client_id_metadata_document_supported"] is counts
