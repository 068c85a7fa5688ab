"""The client: it signs up, logs in, keeps the credential, and notes how `GET /me` answers."""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from .catalogue import USERNAME, Peer, Post
from .servers import Server

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


def ask(server: Server, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.spec.port, timeout=30)
    try:
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def post(server: Server, request: Post, headers: Headers) -> Answer:
    form = request.encoding == "form"
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    encode = urlencode if form else json.dumps
    sent = {**headers, "Content-Type": kind, "Origin": server.spec.origin}
    return ask(server, "POST", request.path, sent, encode(request.fields).encode())


def log_in(server: Server) -> Headers:
    """The headers that a client sends from now on: a Bearer token, or every cookie it was given."""
    answer = post(server, server.peer.login, {})
    if answer.status >= 400:
        raise SystemExit(f"{server.peer.name}: no login: {answer.status} {answer.body!r}")
    cookies = [value.partition(";")[0] for value in answer.values("set-cookie")]
    if cookies:
        return {"Cookie": "; ".join(cookies)}
    given = answer.values("authorization")
    token = given[0] if given else "Bearer " + json.loads(answer.body)["access_token"]
    return {"Authorization": token}


def me(server: Server, headers: Headers) -> int:
    """The status of `GET /me`; 0 for a 200 that does not say who is logged in."""
    answer = ask(server, "GET", "/me", headers)
    if answer.status == 200 and USERNAME not in answer.body.decode():
        return 0
    return answer.status


def forged(headers: Headers) -> Headers:
    """The same with one character changed in the middle of every value."""
    ((name, value),) = headers.items()
    return {name: re.sub(r"[\w.-]{20,}", _changed, value)}


def _changed(found: re.Match[str]) -> str:
    value, middle = found[0], len(found[0]) // 2
    return value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]


def cases(server: Server) -> Mapping[str, int]:
    """What `GET /me` answers: logged in, without a credential, with a changed one, and with a copy
    of one after its owner logged out."""
    peer: Peer = server.peer
    if peer.signup is not None:
        answer = post(server, peer.signup, {})
        if answer.status >= 400:
            raise SystemExit(f"{peer.name}: no account: {answer.status} {answer.body!r}")
    headers = log_in(server)
    found = {
        "logged in": me(server, headers),
        "without": me(server, {}),
        "changed": me(server, forged(headers)),
    }
    out = post(server, peer.logout, headers)
    return {**found, "logout": out.status, "after logout": me(server, headers)}
