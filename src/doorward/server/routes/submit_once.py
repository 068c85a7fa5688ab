"""A form that comes twice from the same page, by a double click or an impatient browser, acts once.

Every form of ours holds a random word.  The first request with a form claims it in the store, until
its answer is kept; the others wait, also at other processes, and are given that answer.  Of a
refused form nothing is kept, so that it can be sent again.  A form without the word, as a script
sends it, acts each time.
"""

import asyncio
import hmac
import json
import os
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from fastapi import Request, Response
from fastapi.routing import APIRoute

from ...errors import Busy, Rejected, StoreUnavailable
from ...keys import base64url
from ...settings import MINUTE
from ...web import origin, transport
from ...web.asgi import current_visit
from ...web.transport import Header
from ..refusals import Refusal, Refused
from ..return_to import own_path
from ..service import Service
from .forms import read_form

Handle = Callable[[Request], Coroutine[Any, Any, Response]]

FIELD = "once"
"""The field with the word."""

SECONDS = 10
"""For how long after its answer the same form is taken for the same click."""

PATIENCE = 10
"""Seconds for which a form waits for the answer to the first."""

UNKNOWN = (
    "This form was sent before, and its result is not known yet. Look whether it was done before"
    " you send it again."
)

_LASTS = MINUTE
"""Seconds for which a claim holds if its process never releases it: longer than any page waits.  A
process that died may have acted, so the same form must not act again."""

_HARMLESS_TWICE = frozenset({"/logout", "/oauth/logout/confirm"})
"""The second logout ends nothing and is answered alike.  Strangers can send it without end, so
nothing is kept of it."""

_OF_A_BROWSER = frozenset({b"authorization", b"cookie", b"user-agent"})
_WORD = re.compile(r"[\w-]{22}", re.ASCII)
_KIND = "form"
_NONCE = 12
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class PageRoute(APIRoute):
    """A page whose form acts once."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            return await once(request, handle)

        return guarded


async def once(request: Request, handle: Handle) -> Response:
    """The answer of `handle`, or the one that it gave to the same form a moment ago."""
    if request.method in origin.SAFE:
        return await handle(request)
    # before the first answer is shown: another site may have sent this form
    form = await read_form(request)
    if not _WORD.fullmatch(form.get(FIELD, "")) or own_path(request.scope) in _HARMLESS_TWICE:
        return await handle(request)
    return await _Sent.of(request, await request.body()).answer(request, handle)


class _Sent(NamedTuple):
    """One form as a browser sent it.  `secret` is derived from all of the form, with the word in
    it, and from the headers that identify the browser.  The store sees none of that, so the answer
    that it keeps, which may hold a login, opens only for a client that sends the same form again.
    """

    service: Service
    secret: bytes

    @classmethod
    def of(cls, request: Request, body: bytes) -> "_Sent":
        sent = [value for name, value in request.scope["headers"] if name in _OF_A_BROWSER]
        browser = _digest(b"\0".join(sent), current_visit().device().address.encode())
        # the raw path holds no question mark
        address = b"%s?%s" % (request.scope["raw_path"], request.scope["query_string"])
        return cls(request.app.state.service, _digest(browser + address, body))

    async def answer(self, request: Request, handle: Handle) -> Response:
        """Raises `Refused` where the first answer is not known in time: acting twice is worse."""
        until, pause = monotonic() + PATIENCE, _FIRST_PAUSE
        while (kept := await self._kept()) is None:
            at = self.service.clock()
            if await self._claimed(at):
                return await self._act(request, handle, at)
            if monotonic() >= until:
                raise Refused(Refusal.BUSY, UNKNOWN)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return kept

    async def _act(self, request: Request, handle: Handle, at: int) -> Response:
        try:
            # the first may have answered between the look and the claim
            response = await self._kept() or await handle(request)
        except (Refused, Rejected, Busy):
            await self._release(at)
            raise
        # after any other failure the form may have acted, so the claim stays
        if response.status_code >= 400:
            await self._release(at)
            return response
        with suppress(StoreUnavailable):  # the form has acted, and its answer must say so
            await self._keep(response)
            await self._release(at)  # last, so that the claim stays if no answer was stored
        return response

    @property
    def _name(self) -> str:
        return f"{_KIND}:{_digest(self.secret, b'claim').hex()}"

    async def _claimed(self, at: int) -> bool:
        return not await self.service.auth.store.hit(self._name, _LASTS, 1, at)

    async def _release(self, at: int) -> None:
        await self.service.auth.store.forgive(self._name, _LASTS, at)

    async def _keep(self, response: Response) -> None:
        headers = [[part.decode("latin-1") for part in pair] for pair in response.raw_headers]
        whole = json.dumps([response.status_code, headers, bytes(response.body).decode("latin-1")])
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, whole.encode(), None)
        until = self.service.clock() + SECONDS
        payload = base64url.encode(sealed).decode()
        await self.service.auth.store.put(_KIND, _digest(self.secret, b"place"), payload, until)

    async def _kept(self) -> Response | None:
        place, at = _digest(self.secret, b"place"), self.service.clock()
        payload = await self.service.auth.store.look(_KIND, place, at)
        if payload is None:
            return None
        sealed = base64url.decode(payload.encode())
        whole = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        status, headers, body = json.loads(whole)
        response = Response(body.encode("latin-1"), status)
        response.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        return response if await self._stands(response.raw_headers) else None

    async def _stands(self, headers: list[Header]) -> bool:
        """Whether the session whose cookie an answer sets, if any, still lives: a login form that
        is sent again after a logout must not bring back the ended session."""
        auth = self.service.auth
        cookies = [
            (b"cookie", text.split(b";")[0]) for key, text in headers if key == b"set-cookie"
        ]
        try:
            for credential in transport.held(cookies, auth.settings.cookie_suffix or ""):
                row = await auth.session(await auth.sid_of(credential))
                if row is None or row.revoked_at is not None:
                    return False
        except Rejected:  # its key was withdrawn
            return False
        return True

    @property
    def _cipher(self) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(_digest(self.secret, b"seal"))


def _digest(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")
