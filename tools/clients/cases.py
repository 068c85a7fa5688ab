"""The programs that are tried, and how each is registered."""

from dataclasses import dataclass
from typing import Literal

HOST = "https://app.example"
"""Nobody serves it: the program reads the address at which the person arrives."""

APP = f"{HOST}/callback"

LOOPBACK, TOOLS = "http://127.0.0.1:3000/callback", "http://127.0.0.1:{port}/mcp"

LOGIN = ("openid", "email", "offline_access")


@dataclass(frozen=True, slots=True)
class Case:
    """`file` is below this folder.  `callback` may name a `{port}`, which is free then.

    `words` are more words of `doorward clients add`.  `resource`, which may name the port, is the
    MCP server that runs beside the program, the
    API of a scope of its own.
    """

    name: str
    file: str
    callback: str = APP
    public: bool = False
    algorithm: Literal["ES256", "RS256"] = "ES256"
    words: tuple[str, ...] = ()
    resource: str = ""

    @property
    def kind(self) -> str:
        return self.file.partition("/")[0]


CASES = (
    Case("openid-client", "node/with_openid_client.mjs"),
    Case("oauth4webapi", "node/with_oauth4webapi.mjs"),
    Case(
        "oidc-client-ts",
        "chromium/with_oidc_client_ts.py",
        "http://127.0.0.1:3000/callback",
        public=True,
        words=("--redirect-uri", "http://127.0.0.1:3000/popup"),
    ),
    Case("authlib", "python/with_authlib.py"),
    Case("requests-oauthlib", "python/with_requests_oauthlib.py"),
    Case("mozilla-django-oidc", "python/with_mozilla_django_oidc.py", f"{HOST}/oidc/callback/"),
    Case("social-auth-core", "python/with_social_auth.py", f"{HOST}/complete/oidc/"),
    Case(
        "mod_auth_openidc",
        "apache/with_mod_auth_openidc.py",
        "http://127.0.0.1:{port}/oidc/callback",
    ),
    Case("mcp", "python/with_mcp.py", LOOPBACK, public=True, resource=TOOLS),
    Case("mcp-sdk", "node/with_mcp_sdk.mjs", LOOPBACK, public=True, resource=TOOLS),
    Case("mcp-client", "node/with_mcp_client.mjs", LOOPBACK, public=True, resource=TOOLS),
)
