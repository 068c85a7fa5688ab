"""The defences of files, logs and the wire, and how each is taken out."""

import hmac
import json
import logging
import re
from dataclasses import replace
from typing import Any

import pytest

from doorward import access_token, rules
from doorward.attack import forge
from doorward.claims import decoded
from doorward.credentials import Credentials
from doorward.errors import Rejected
from doorward.keys import ring
from doorward.server.accounts import tickets
from doorward.server.audit.entry import Entry
from doorward.server.http import headers
from doorward.server.http.headers import Headers
from doorward.server.recorder import Recorder
from doorward.server.steps import links
from doorward.types import Principal
from doorward.web import transport
from doorward.web.transport import Header
from doorward.web.visit import Visit


def shown(sent: list[Header]) -> list[str]:
    """Every text of these headers that could be a credential."""
    texts = [value.decode("latin-1") for name, value in sent if name == b"authorization"]
    cookies = [value.decode("latin-1") for name, value in sent if name == b"cookie"]
    pairs = [pair.partition("=")[2].strip() for each in cookies for pair in each.split(";")]
    return [text.removeprefix("Bearer ") for text in texts] + pairs


def ids_open(patch: pytest.MonkeyPatch) -> None:
    strict = Visit._read

    async def lax(visit: Visit, submitted: str | None, max_staleness: int | None) -> Principal:
        try:
            return await strict(visit, submitted, max_staleness)
        except Rejected:
            for text in shown(visit.headers):
                row = await visit.auth.store.get(text)
                if row is not None:
                    return rules.principal_of(row, row.mode, row.authenticated_at, row.amr)
            raise

    patch.setattr(Visit, "_read", lax)


def root_key_signs(patch: pytest.MonkeyPatch) -> None:
    strict = Credentials.read_access_token

    async def lax(self: Credentials, text: str, now: int, **rest: Any) -> Any:
        message, _, signature = text.rpartition(".")
        for key in self._signing._root.keys:
            if forge.encode(hmac.digest(key, message.encode(), "sha256")) == signature:
                payload = forge.decode(message.split(".")[1])
                return access_token._claims(decoded(payload, "forged"), self._settings)
        return await strict(self, text, now, **rest)

    patch.setattr(Credentials, "read_access_token", lax)


def talkative_log(patch: pytest.MonkeyPatch) -> None:
    quiet = Headers.__call__

    async def call(self: Headers, scope: Any, receive: Any, send: Any) -> None:
        logging.getLogger("doorward").debug("%s", scope.get("headers"))
        await quiet(self, scope, receive, send)

    patch.setattr(Headers, "__call__", call)


def unprefixed(patch: pytest.MonkeyPatch) -> None:
    """Cookies without Secure and without `__Host-`, which are believed as well."""
    strict = transport.read

    def plain(name: str, value: str, seconds: int) -> Header:
        short = name.removeprefix("__Host-")
        return b"set-cookie", f"{short}={value}; Max-Age={seconds}; Path=/; HttpOnly".encode()

    def read(sent: list[Header], *rest: Any) -> Any:
        name = re.compile(rb"(^|;) *(session|access|refresh)=")
        return strict([(key, name.sub(rb"\1__Host-\2=", text)) for key, text in sent], *rest)

    patch.setattr(transport, "_set_cookie", plain)
    patch.setattr(transport, "read", read)


def lax_claims(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(access_token, "decoded", lambda payload, what: json.loads(payload))


def lasting_keys(patch: pytest.MonkeyPatch) -> None:
    strict = ring._checked

    def checked(*given: Any) -> Any:
        return replace(strict(*given), withdrawn=False)

    patch.setattr(ring, "_checked", checked)


def lasting_links(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tickets, "use", tickets.look)
    patch.setattr(links, "is_good", lambda *_: True)


def untold(patch: pytest.MonkeyPatch) -> None:
    every = Recorder._enter

    async def enter(self: Recorder, entry: Entry, reason: str) -> None:
        if entry.kind != "reused":
            await every(self, entry, reason)

    patch.setattr(Recorder, "_enter", enter)


AT_REST = {
    "claims are parsed strictly": lax_claims,
    "a withdrawn key verifies nothing": lasting_keys,
    "a reset link works once": lasting_links,
    "the history shows a detected theft": untold,
    "stored ids are no credentials": ids_open,
    "the key file alone signs nothing": root_key_signs,
    "the log contains no secrets": talkative_log,
    "cookies are sent over TLS only": unprefixed,
    "HSTS tells browsers to use https": lambda patch: patch.setattr(
        headers, "always", lambda *_: headers.ALWAYS
    ),
}
