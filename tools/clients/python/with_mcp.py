"""The client of the MCP SDK, registered beforehand, with an MCP server of the same SDK."""

from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from told import API_SCOPE, CALLBACK, CLIENT_ID, RESOURCE, done, end_access, version, visit


class Storage:
    """What is kept between two runs: the registration, and the tokens."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull:
        return OAuthClientInformationFull(
            client_id=CLIENT_ID, redirect_uris=[CALLBACK], token_endpoint_auth_method="none"
        )

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        raise AssertionError("it registered itself")


class Browser:
    """The person's browser, and the loopback port where they come back."""

    links: list[str]

    def __init__(self) -> None:
        self.links = []

    async def open(self, link: str) -> None:
        self.links.append(link)

    async def back(self) -> AuthorizationCodeResult:
        arrived = visit(self.links[-1])
        said = {name: each[0] for name, each in parse_qs(urlsplit(arrived).query).items()}
        if "error" in said:
            raise PermissionError(said["error"])
        return AuthorizationCodeResult(code=said["code"], state=said["state"], iss=said["iss"])


async def main() -> None:
    version("mcp")
    storage, browser = Storage(), Browser()
    metadata = OAuthClientMetadata(
        client_name="A program with tools",
        redirect_uris=[CALLBACK],
        token_endpoint_auth_method="none",
        grant_types=["authorization_code", "refresh_token"],
        scope=f"{API_SCOPE} offline_access",
    )
    auth = OAuthClientProvider(RESOURCE, metadata, storage, browser.open, browser.back)
    assert await sum_of(auth) == "3"
    assert storage.tokens
    assert storage.tokens.refresh_token
    done("discover", "RFC 9728 of the MCP server, RFC 8414 of the provider")
    done("log in", "with `resource` and `iss`, and a tool was called")
    before = storage.tokens
    auth.context.token_expiry_time = 1  # minutes went by
    assert await sum_of(auth) == "3"
    assert storage.tokens.refresh_token != before.refresh_token
    assert len(browser.links) == 1
    done("refresh")
    end_access()
    auth.context.token_expiry_time = 1
    assert await sum_of(auth) == "3"
    assert len(browser.links) == 2
    done("revoke", "by the person; it then asks them again")


async def sum_of(auth: OAuthClientProvider) -> str:
    async with (
        httpx2.AsyncClient(auth=auth) as http,
        streamable_http_client(RESOURCE, http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as session,
    ):
        await session.initialize()
        result = await session.call_tool("add", {"a": 1, "b": 2})
        return str(result.content[0].text)


anyio.run(main)
