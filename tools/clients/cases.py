"""The programs that are tried, and how each is registered."""

from dataclasses import dataclass, replace
from typing import Literal

HOST = "https://app.example"
"""Nobody serves it: the program reads the address at which the person arrives."""

APP, GOODBYE = f"{HOST}/callback", f"{HOST}/goodbye"
LOOPBACK, TOOLS = "http://127.0.0.1:3000/callback", "http://127.0.0.1:{port}/mcp"

LOGIN = ("openid", "email", "offline_access")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`file` is below this folder.  `callback`, and `goodbye` where people are sent after a
    logout, may name a `{port}`, which is free then.

    `words` are more words of `doorward clients add`.  `resource`, which may name the port, is the
    MCP server that runs beside the program, the API of a scope of its own.  `foreign` is another
    resource that it may ask for.
    """

    name: str
    file: str
    callback: str = APP
    goodbye: str = GOODBYE
    public: bool = False
    algorithm: Literal["ES256", "RS256"] = "ES256"
    pkce: bool = True
    words: tuple[str, ...] = ()
    resource: str = ""
    foreign: str = ""

    @property
    def kind(self) -> str:
        return self.file.partition("/")[0]


def twice(
    name: str,
    file: str,
    *,
    knows_pkce: bool,
    callback: str = APP,
    goodbye: str = GOODBYE,
) -> tuple[Case, Case]:
    """Set up as we advise; and with what the library does by itself, for which the client is
    registered then: RS256, and no PKCE unless it `knows_pkce` untold."""
    advised = Case(name=name, file=file, callback=callback, goodbye=goodbye)
    untold = replace(advised, name=f"{name}-untold", algorithm="RS256", pkce=knows_pkce)
    return advised, untold


def mcp(name: str, file: str) -> Case:
    return Case(name=name, file=file, callback=LOOPBACK, public=True, resource=TOOLS)


CASES = (
    *twice("openid-client", "node/with_openid_client.mjs", knows_pkce=True),
    *twice("oauth4webapi", "node/with_oauth4webapi.mjs", knows_pkce=True),
    Case(
        name="oidc-client-ts",
        file="chromium/with_oidc_client_ts.py",
        callback=LOOPBACK,
        goodbye="http://127.0.0.1:{port}/goodbye",
        public=True,
        words=("--redirect-uri", "http://127.0.0.1:3000/popup"),
    ),
    *twice("authlib", "python/with_authlib.py", knows_pkce=False),
    Case(name="requests-oauthlib", file="python/with_requests_oauthlib.py"),
    *twice(
        "mozilla-django-oidc",
        "python/with_mozilla_django_oidc.py",
        callback=f"{HOST}/oidc/callback/",
        knows_pkce=False,
    ),
    *twice(
        "social-auth-core",
        "python/with_social_auth.py",
        callback=f"{HOST}/complete/oidc/",
        knows_pkce=False,
    ),
    *twice(
        "mod_auth_openidc",
        "apache/with_mod_auth_openidc.py",
        callback="http://127.0.0.1:{port}/oidc/callback",
        goodbye="http://127.0.0.1:{port}/goodbye",
        knows_pkce=False,
    ),
    mcp("mcp", "python/with_mcp.py"),
    replace(
        mcp("mcp-authlab", "python/with_mcp_authlab.py"),
        callback="http://127.0.0.1/callback",
        foreign="https://other.example",
    ),
    mcp("mcp-sdk", "node/with_mcp_sdk.mjs"),
    mcp("mcp-client", "node/with_mcp_client.mjs"),
)
