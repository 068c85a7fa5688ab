"""An MCP server, by the official SDK, guarded by `doorward.resource`.

`docs/protect-an-mcp-server.md` shows it.  `API_ID` and `API_SECRET` are its own at the provider.
"""

import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

from doorward.resource import Guard, Refused

ISSUER, RESOURCE, PORT = os.environ["ISSUER"], os.environ["RESOURCE"], int(os.environ["PORT"])
SCOPE = os.environ["API_SCOPE"]

guard = Guard(
    RESOURCE,
    issuer=ISSUER,
    client_id=os.environ["API_ID"],
    client_secret=os.environ["API_SECRET"],
    # the certificate of the test: a guard takes nothing from the environment
    transport=httpx2.AsyncHTTPTransport(verify=ssl.create_default_context()),
)


class Verifier:
    """Asks the guard."""

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            caller = await guard.check(token, SCOPE)
        except Refused as refused:
            if refused.code == "unavailable":
                raise  # answered with 500; after a 401 the client would ask its person again
            return None
        return AccessToken(
            token=token,
            client_id=caller.client_id,
            scopes=sorted(caller.scopes),
            expires_at=caller.expires_at,
            resource=caller.audience,
            subject=caller.subject,
        )


@asynccontextmanager
async def lifespan(server: MCPServer) -> AsyncIterator[None]:
    async with guard.running():
        yield


server = MCPServer(
    "tools",
    lifespan=lifespan,
    token_verifier=Verifier(),
    auth=AuthSettings(
        issuer_url=ISSUER,
        resource_server_url=RESOURCE,
        required_scopes=[SCOPE],
        validate_token_resource=True,
    ),
)


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


server.run("streamable-http", host="127.0.0.1", port=PORT)
