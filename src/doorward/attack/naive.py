"""A careless application, on which a reader sees each attack succeed.

A comment names each danger.  The application listens on loopback only, in this process, and ends
with the command.  Its paths are Doorward's.
"""

import ipaddress
import json
import logging
import secrets
import sqlite3
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..types import Mode
from .address import Refused
from .naive_faults import in_address, method_of, same_password
from .naive_pages import HEADERS, Guard, account_page, login_page
from .naive_tokens import Tokens
from .stolen import values_of_sqlite

log = logging.getLogger(__name__)

_TABLES = """
create table users (email text primary key, subject text, password text, role text);
create table sessions (token text primary key, email text);
create table refreshes (token text primary key, email text);
create table devices (email text, agent text, address text);
"""


class Naive(ThreadingHTTPServer):
    """The application, its database and its key, in `folder`.  Raises `Refused` for an address that
    is not loopback."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, mode: Mode, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise Refused("the careless application listens on loopback addresses only")
        super().__init__((host, port), _Handler)
        self.mode = mode
        self.lock = RLock()
        self.guard = Guard()
        self.tickets: dict[str, str] = {}
        self.database = sqlite3.connect(
            folder / "naive.db", isolation_level=None, check_same_thread=False
        )
        self.database.executescript(f"pragma journal_mode=wal; pragma synchronous=off; {_TABLES}")
        self.tokens = Tokens(folder)

    def rows(self, statement: str, *values: str) -> list[Any]:
        with self.lock:
            return self.database.execute(statement, values).fetchall()

    def stored(self) -> list[str | bytes]:
        """Every value of the database, as a thief of a copy reads them."""
        with self.lock:
            return values_of_sqlite(self.database)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of clients that went away."""

    def sign(self, email: str) -> str:
        # Danger: the role is in the token, and the address of the person; it never expires.
        role = self.rows("select role from users where email = ?", email)[0][0]
        return self.tokens.sign(json.dumps({"sub": email, "role": role}).encode())

    def reset_link(self, email: str) -> str:
        ticket = secrets.token_urlsafe(32)
        self.tickets[ticket] = email
        return f"http://localhost:{self.server_port}/reset?ticket={ticket}"


class _Handler(BaseHTTPRequestHandler):
    server: Naive
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self._route()

    do_POST = do_DELETE = do_PUT = do_TRACK = do_GET  # noqa: N815 - the library's names

    def do_TRACE(self) -> None:
        # Danger: the answer repeats the request, with a cookie that no script may read.
        self._send(200, str(self.headers).encode(), [("Content-Type", "message/http")])

    def _route(self) -> None:
        path = self.path.partition("?")[0]
        # Danger: a path below a page's path shows that page too.
        path = "/account" if path.startswith("/account/") else path
        path = "/api/sessions" if path.startswith("/api/sessions/") else path
        routes = {
            "/api/signup": self._signup,
            "/api/login": self._login,
            "/login": self._login_page,
            "/api/refresh": self._refresh,
            "/api/me": self._me,
            "/api/logout": self._logout,
            "/logout": self._logout,
            "/account": self._account,
            "/forgot": self._forgot,
            "/reset": self._reset,
            "/api/sessions": self._sessions,
            "/api/password": self._password,
            "/.well-known/jwks.json": self._jwks,
        }
        self.command = method_of(self.command, self.headers.get("X-HTTP-Method-Override"))
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length).decode("utf-8", "replace")
        # Danger: the log gets passwords and tokens.
        log.info("%s %s %s %s", self.command, self.path, dict(self.headers), text)
        self.body = self._parsed(text)
        # Danger: no route checks Origin, Sec-Fetch-Site or a CSRF token.
        routes.get(path, self._elsewhere)()

    def _parsed(self, text: str) -> dict[str, str]:
        # Danger: a form and text/plain are read like JSON.
        try:
            value = json.loads(text)
        except ValueError:
            value = {name: values[0] for name, values in parse_qs(text).items()}
        return value if isinstance(value, dict) else {}

    def _signup(self) -> None:
        email = str(self.body.get("email"))
        subject = secrets.token_hex(8)
        # Danger: the password is stored in plain text, and the role comes from the client.
        role = str(self.body.get("role", "user"))
        values = (email, subject, str(self.body.get("password")), role)
        if self.server.rows("select 1 from users where email = ?", email):
            return self._answer(409, {"reason": "email_taken"})
        self.server.rows("insert into users values (?, ?, ?, ?)", *values)
        return self._answer(201, {"subject": subject})

    def _login(self) -> None:
        found = self._known()
        if found is None:
            return
        transport = self.body.get("transport", "cookie")
        access, refresh = self._issue(found, transport == "cookie")
        if transport == "bearer":
            tokens = {"access_token": access, "token_type": "Bearer", "expires_in": 10**9}
            self._answer(200, tokens | ({"refresh_token": refresh} if refresh else {}))
        else:
            self._answer(200, {"mode": self.server.mode}, self._set(access, refresh))

    def _known(self) -> str | None:
        email = str(self.body.get("email"))
        rows = self.server.rows("select email, password from users where email = lower(?)", email)
        claimed = self.headers.get("X-Forwarded-For", "")
        if self.server.guard.locked(email, claimed):
            self._answer(429, {"reason": "locked"})
            return None
        # Danger: the answers tell who has an account, and no limit counts guesses at many accounts.
        if rows and same_password(rows[0][1], self.body.get("password", "")):
            return str(rows[0][0])
        self.server.guard.count(email, claimed)
        self._answer(401, {"reason": "wrong password" if rows else "no such user"})
        return None

    def _issue(self, email: str, planted: bool) -> tuple[str, str]:
        cookies = self._cookies() if planted else {}
        # Danger: the client chooses the address that is recorded.
        address = self.headers.get("X-Forwarded-For", self.client_address[0])
        agent = self.headers.get("User-Agent", "")
        self.server.rows("insert into devices values (?, ?, ?)", email, agent, address)
        # Danger: the session id and the refresh token are taken from the client if it sends one,
        # and are stored in plain text.
        if self.server.mode == "session":
            token = cookies.get("session") or secrets.token_urlsafe(32)
            self.server.rows("insert or replace into sessions values (?, ?)", token, email)
            return token, ""
        refresh = cookies.get("refresh") or secrets.token_urlsafe(32)
        self.server.rows("insert or replace into refreshes values (?, ?)", refresh, email)
        return self.server.sign(email), refresh

    def _set(self, access: str, refresh: str) -> list[tuple[str, str]]:
        # Danger: no Secure, no HttpOnly, no SameSite, no __Host-.
        name = "session" if self.server.mode == "session" else "access"
        pairs = [(name, access), *([("refresh", refresh)] if refresh else [])]
        return [("Set-Cookie", f"{name}={value}; Path=/") for name, value in pairs]

    def _login_page(self) -> None:
        if self.command == "GET":
            return self._page(login_page(parse_qs(urlsplit(self.path).query)))
        found = self._known()
        if found is None:
            return None
        # Danger: return_to is followed wherever it leads.
        location = ("Location", self.body.get("return_to") or "/account")
        access, refresh = self._issue(found, planted=True)
        return self._answer(303, {}, [*self._set(access, refresh), location])

    def _refresh(self) -> None:
        token = str(self.body.get("refresh_token"))
        rows = self.server.rows("select email from refreshes where token = ? collate nocase", token)
        if not rows:
            return self._answer(401, {"reason": "unknown"})
        # Danger: a used refresh token stays valid: each use adds one, and all work for ever.
        fresh = secrets.token_urlsafe(32)
        self.server.rows("insert into refreshes values (?, ?)", fresh, rows[0][0])
        access = self.server.sign(rows[0][0])
        return self._answer(200, {"access_token": access, "refresh_token": fresh})

    def _me(self) -> None:
        email = self._who()
        if not email:
            return self._answer(401, {"reason": "unknown"})
        rows = self.server.rows("select subject, role from users where email = ?", email)
        subject, role = rows[0] if rows else (email, "")
        return self._answer(200, {"subject": subject, "role": role})

    def _logout(self) -> None:
        # Danger: logging out only clears the cookies; the session still works.
        names = ("session", "access", "refresh")
        cleared = [("Set-Cookie", f"{name}=; Path=/; Max-Age=0") for name in names]
        if self.path == "/logout":
            return self._answer(303, None, [*cleared, ("Location", "/login")])
        return self._answer(204, None, cleared)

    def _sessions(self) -> None:
        email = self._who()
        # Danger: anybody ends a session by its id; nobody checks whose session it is.
        ended = self.path.removeprefix("/api/sessions/") if self.command == "DELETE" else ""
        self.server.rows("delete from sessions where token = ?", ended)
        rows = self.server.rows("select token from sessions where email = ?", email)
        places = self.server.rows("select address from devices where email = ?", email)
        # Danger: the list shows the session ids themselves.
        found = [{"sid": row[0]} for row in rows] + [{"address": row[0]} for row in places]
        self._answer(200, {"sessions": found})

    def _account(self) -> None:
        email = self._who()
        if not email:
            return self._elsewhere()
        rows = self.server.rows("select agent from devices where email = ?", email)
        return self._page(account_page(email, [row[0] for row in rows]))

    def _forgot(self) -> None:
        # Danger: a request for a new password is kept in the same cookie as a login.
        email = str(self.body.get("email"))
        self._answer(200, {}, self._set(*self._issue(email, planted=False)))

    def _reset(self) -> None:
        # Danger: the link works as often as somebody uses it, and for ever.
        email = self.server.tickets.get(self.body.get("ticket", ""), "")
        new = str(self.body.get("new"))
        self.server.rows("update users set password = ? where email = ?", new, email)
        self._answer(303 if email else 400, None, [("Location", "/login")])

    def _page(self, html: str) -> None:
        self._send(200, html.encode(), HEADERS)

    def _password(self) -> None:
        # Danger: the current password is not asked for, and no session ends.
        new, email = str(self.body.get("new")), self._who()
        self.server.rows("update users set password = ? where email = ?", new, email)
        self._answer(204 if email else 401, None)

    def _jwks(self) -> None:
        self._answer(200, {"keys": [self.server.tokens.jwk()]})

    def _elsewhere(self) -> None:
        # Danger: the Host header is trusted, and caches may keep the page.
        location = f"http://{self.headers.get('Host')}/login"
        self._answer(303, {}, [("Location", location), ("Cache-Control", "public")])

    def _who(self) -> str:
        cookies = self._cookies()
        # Danger: a header that only a proxy should write is trusted from everybody.
        if said := self.headers.get("X-Forwarded-User"):
            return said
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
        shown = shown or in_address(self.path)
        token = shown or cookies.get("access" if self.server.mode == "token" else "session", "")
        if self.server.mode == "token" and "." in token:
            return self.server.tokens.email_of(token)
        # Danger: a refresh token works as an access token, and letter case is ignored.
        table = "refreshes" if self.server.mode == "token" else "sessions"
        query = f"select email from {table} where token = ? collate nocase"  # noqa: S608 - no input
        rows = self.server.rows(query, token)
        return str(rows[0][0]) if rows else ""

    def _cookies(self) -> dict[str, str]:
        # Danger: of two cookies with one name, the last wins by chance.
        try:
            parsed = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in parsed.items()}

    def _answer(
        self, status: int, value: object, headers: list[tuple[str, str]] | None = None
    ) -> None:
        self._send(status, b"" if value is None else json.dumps(value).encode(), headers or [])

    def _send(self, status: int, body: bytes, headers: Iterable[tuple[str, str]]) -> None:
        self.send_response(status)
        # Danger: every origin may read the answer, with the victim's cookies.
        if origin := self.headers.get("Origin"):
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
        for name, text in headers:
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
