"""What an API asks the server that gives tokens for it."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import httpx2

from ..duration import max_age
from ..errors import DoorwardError

TIMEOUT = 5.0
"""Seconds for an answer to begin."""

SILENCE = 3.0
"""Seconds after which a stream that says nothing is given up; its heartbeat comes every second."""

KEYS_AGE = (60, 3_600, 86_400)
"""Seconds for which a copy of the keys is good: at least, by default, and at most."""

LONGEST_LINE = 1_000_000
"""Characters of an event."""

Message = Mapping[str, Any]


class IssuerUnavailable(DoorwardError):
    """The server did not answer, or not what it should."""


class Keys(NamedTuple):
    """A JWK Set, and the seconds for which it may be kept."""

    published: object
    max_age: int


class Issuer:
    """The server at `address`, asked with the credentials of this API.  Each method raises
    `IssuerUnavailable`."""

    def __init__(
        self,
        address: str,
        client_id: str,
        client_secret: str,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = address
        self._auth = httpx2.BasicAuth(quote_plus(client_id), quote_plus(client_secret))
        self._transport = transport
        self._opened: httpx2.AsyncClient | None = None

    @property
    def _http(self) -> httpx2.AsyncClient:
        if self._opened is None:
            self._opened = httpx2.AsyncClient(
                auth=self._auth,
                transport=self._transport,
                timeout=TIMEOUT,
                follow_redirects=False,  # the secret is for this address alone
                trust_env=False,  # no .netrc may replace it, and no proxy reads it
            )
        return self._opened

    async def close(self) -> None:
        """Let go of the connections; the next question opens some again."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()

    async def keys(self) -> Keys:
        """The public keys; never a copy that somebody on the way kept."""
        answer = await self._ask("GET", "/.well-known/jwks.json", {"cache-control": "no-cache"})
        age = max_age(answer.headers.get("cache-control", ""), *KEYS_AGE)
        return Keys(_parsed(answer.text), age)

    async def is_active(self, token: str) -> bool:
        """Whether a token is good at this moment (RFC 7662)."""
        answer = await self._ask("POST", "/oauth/introspect", {}, {"token": token})
        return _parsed(answer.text).get("active") is True

    async def poll(self, cursor: str) -> Message:
        """What changed since `cursor`."""
        headers = {"accept": "application/json", "last-event-id": cursor}
        return _parsed((await self._ask("GET", "/oauth/changes", headers)).text)

    async def listen(self, cursor: str) -> AsyncIterator[Message]:
        """What changed since `cursor`, and what changes, as it is told; until the server ends the
        stream."""
        headers = {"accept": "text/event-stream", "last-event-id": cursor}
        timeout = httpx2.Timeout(TIMEOUT, read=SILENCE)
        url = self._address + "/oauth/changes"
        try:
            async with self._http.stream("GET", url, headers=headers, timeout=timeout) as answer:
                _check(answer, "text/event-stream")
                async for line in answer.aiter_lines():
                    name, _, value = line.partition(":")
                    if name == "data":
                        yield _parsed(value)
        except httpx2.HTTPError as error:
            raise IssuerUnavailable(f"/oauth/changes: {error!r}") from error

    async def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        try:
            answer = await self._http.request(
                method, self._address + path, headers=headers, data=form
            )
        except httpx2.HTTPError as error:
            raise IssuerUnavailable(f"{path}: {error!r}") from error
        _check(answer, "application/json")
        return answer


def _check(answer: httpx2.Response, media_type: str) -> None:
    found = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status_code != 200 or found != media_type:
        raise IssuerUnavailable(f"{answer.url.path}: {answer.status_code} {found!a:.40}")


def _parsed(text: str) -> dict[str, Any]:
    try:
        if len(text) > LONGEST_LINE:
            raise ValueError("it is too long")
        found = json.loads(text)
        if type(found) is not dict:
            raise ValueError("it is no object")
    except (ValueError, RecursionError) as error:
        raise IssuerUnavailable(f"an answer cannot be read: {error}") from None
    return found
