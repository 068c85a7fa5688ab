"""One client on a real socket: a browser's cookies or a program's tokens, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any, Literal

import httpx2

from tests.support.until import PATIENCE

Transport = Literal["cookie", "bearer"]

PASSWORD = "a sturdy door of oak"
UNUSED = SSLContext(PROTOCOL_TLS_CLIENT)
"""Saves each client of a plain http address from reading every certificate of the system."""

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Traveller:
    """Carries what it was given, by `transport`.  `held` are its cookies, or its tokens by the
    names that the API gives them."""

    def __init__(self, http: httpx2.Client, transport: Transport, held: dict[str, str]) -> None:
        self.http = http
        self.transport = transport
        self.held = held

    def copy(self) -> "Traveller":
        """A thief with everything this one holds now."""
        return Traveller(self.http, self.transport, dict(self.held))

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        answer = self.http.request(method, path, json=body, headers=self._headers())
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if not name.startswith("__Host-") or name == "__Host-device":
                    continue
                if morsel["max-age"] == "0":
                    self.held.pop(name, None)
                else:
                    self.held[name] = morsel.value
        return answer

    def sign_up(self, email: str) -> str:
        answer = self.ask("POST", "/api/signup", {"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["subject"])

    def log_in(self, email: str, password: str = PASSWORD) -> httpx2.Response:
        body = {"email": email, "password": password, "transport": self.transport}
        return self._take(self.ask("POST", "/api/login", body))

    def refresh(self) -> httpx2.Response:
        return self._take(
            self.ask("POST", "/api/refresh", {"refresh_token": self.held["refresh_token"]})
        )

    def elevate(self) -> httpx2.Response:
        return self._take(self.ask("POST", "/api/elevate", {"password": PASSWORD}))

    def me(self) -> httpx2.Response:
        return self.ask("GET", "/api/me")

    def knows(self, name: str) -> Any:
        """A member of who this is; fails for who is nobody."""
        answer = self.me()
        assert answer.status_code == 200, answer.text
        return answer.json()[name]

    def sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/api/sessions").json()["sessions"]
        return found

    def is_out(self) -> bool:
        """Refused with 401, which never touches a cookie."""
        before = dict(self.held)
        answer = self.me()
        assert answer.status_code in (200, 401)
        if answer.status_code == 401:
            assert answer.headers.get_list("set-cookie") == []
            assert "bearer" in answer.headers["www-authenticate"].lower()
            assert self.held == before
        return answer.status_code == 401

    def _headers(self) -> dict[str, str]:
        if self.transport == "bearer":
            token = self.held.get("access_token")
            return {"authorization": f"Bearer {token}"} if token else {}
        pairs = "; ".join(f"{name}={value}" for name, value in self.held.items())
        return {"sec-fetch-site": "same-origin", **({"cookie": pairs} if pairs else {})}

    def _take(self, answer: httpx2.Response) -> httpx2.Response:
        if answer.status_code == 200 and self.transport == "bearer":
            given = answer.json()
            tokens = ("access_token", "refresh_token")
            self.held |= {name: given[name] for name in tokens if given.get(name)}
        return answer


@contextmanager
def travelling(url: str, transport: Transport, verify: SSLContext = UNUSED) -> Iterator[Traveller]:
    with httpx2.Client(
        base_url=url, headers={"user-agent": AGENT}, timeout=PATIENCE, verify=verify
    ) as http:
        yield Traveller(http, transport, {})
