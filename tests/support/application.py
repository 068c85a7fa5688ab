"""An application of somebody else at a real server, and the API that it calls."""

import io
import json
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx2

from doorward.cli import clients, scopes
from doorward.server.oauth.pkce import challenge_of
from tests.support.server import RunningServer

API, SCOPE = "https://api.photos.example", "photos:read"
CALLBACK, VERIFIER = "https://photos.example/callback", "v" * 43
ACCOUNT = {"email": "alice@example.com", "password": "correct horse battery staple"}


class Registered(NamedTuple):
    """The credentials of an application, and those of the API that it calls."""

    application: tuple[str, str]
    api: tuple[str, str]


def register(server: RunningServer) -> Registered:
    """Registers both, as the operator does.  Not within an event loop."""
    _operate(scopes, server, "add", SCOPE, API, "See your photos.")
    return Registered(
        register_client(server, "--redirect-uri", CALLBACK, "--scope", SCOPE),
        register_client(server, "--acts-for-itself", "--scope", SCOPE),
    )


def register_client(server: RunningServer, *options: str) -> tuple[str, str]:
    """The credentials of one more application."""
    said = _operate(clients, server, "add", "Photos", *options)
    return said["client_id"], said["client_secret"]


def _operate(command: Any, server: RunningServer, *words: str) -> Any:
    options = ["--database", server.database, "--root-key-file", str(server.root_key_file)]
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) as output:
        assert command.main([*words, *options, "--json"]) == 0
        output.seek(0)
        return json.load(output)


class Application:
    """An application, with a person who is logged in and has consented to each of these scopes."""

    def __init__(
        self, http: httpx2.AsyncClient, client: tuple[str, str], scopes: Sequence[str] = (SCOPE,)
    ) -> None:
        self._http = http
        self._client = client
        self._scopes = scopes
        self._auth = {"client_id": client[0], "client_secret": client[1]}

    async def begin(self) -> None:
        assert (await self._http.post("/api/signup", json=ACCOUNT)).status_code == 201
        login = {**ACCOUNT, "transport": "cookie"}
        answer = await self._http.post("/api/login", json=login)
        # a browser would send this one to localhost, though it is Secure
        pairs = [each.partition(";")[0] for each in answer.headers.get_list("set-cookie")]
        self._http.headers["cookie"] = "; ".join(pairs)
        await self.allow()

    async def allow(self) -> None:
        """The person, who is logged in, agrees."""
        for scope in self._scopes:
            page = await self._authorize(scope)
            fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
            form = {name: unescape(value) for name, value in fields} | {"decision": "allow"}
            own = {"sec-fetch-site": "same-origin"}
            answer = await self._http.post("/oauth/consent", data=form, headers=own)
            assert answer.status_code == 200, answer.text

    async def token(self, scope: str = "") -> str:
        """An access token of a new grant, of the first scope or of another one."""
        answer = await self._authorize(scope or self._scopes[0])
        (code,) = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        answer = await self._http.post("/oauth/token", data={**self._auth, **form})
        token: str = answer.json()["access_token"]
        return token

    async def revoke(self, token: str) -> None:
        answer = await self._http.post("/oauth/revoke", data={**self._auth, "token": token})
        assert answer.status_code == 200, answer.text

    async def _authorize(self, scope: str) -> httpx2.Response:
        query = {
            "response_type": "code",
            "client_id": self._client[0],
            "redirect_uri": CALLBACK,
            "scope": scope,
            "state": "s",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        headers = {"sec-fetch-site": "cross-site"}
        return await self._http.get("/oauth/authorize", params=query, headers=headers)
