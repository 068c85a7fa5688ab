"""The attacked instance, as its honest users and its clients use it."""

import secrets
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .client import Client, Pairs
from .exchange import Exchange
from .files import Files
from .jar import Jar

Transport = Literal["cookie", "bearer"]


class Unusable(Exception):
    """The instance does not do what every honest user needs.  Its text is one sentence."""


class Way(NamedTuple):
    """What a login of the instance gives, and how it travels."""

    mode: str
    transport: Transport

    def __str__(self) -> str:
        return f"{self.mode}/{self.transport}"


@dataclass(frozen=True, slots=True)
class Account:
    email: str
    password: str
    subject: str


@dataclass(slots=True)
class Login:
    """What one device holds after a login.  `credential` opens `/api/me`; `refresh` is empty in
    session mode."""

    account: Account
    transport: Transport
    jar: Jar = field(default_factory=Jar)
    bearer: str = ""
    refresh: str = ""

    @property
    def cookie(self) -> str:
        """The name of the cookie that opens `/api/me`."""
        names = [name for name in self.jar.cookies if "refresh" not in name]
        wanted = [name for name in names if name.endswith(("access", "session"))]
        return next(iter(wanted or names), "")

    @property
    def credential(self) -> str:
        return self.bearer if self.transport == "bearer" else self.jar.cookies.get(self.cookie, "")

    def headers(self, credential: str | None = None) -> Pairs:
        """What carries the login's credential, or another one in its place."""
        shown = self.credential if credential is None else credential
        if self.transport == "bearer":
            return [("Authorization", f"Bearer {shown}")]
        if credential is None:
            return self.jar.header()
        return [("Cookie", f"{self.cookie}={shown}")]


@dataclass(slots=True)
class Target:
    """One instance in one way.  It remembers the accounts it made."""

    client: Client
    way: Way
    accounts: list[str]

    @property
    def origin(self) -> str:
        return self.client.address.origin

    @property
    def files(self) -> Files | None:
        """What a thief might have of the instance; None unless the lab started it."""
        return self.client.address.files

    @property
    def own(self) -> Pairs:
        """The headers by which a browser says that a page of the application sends this."""
        return [("Origin", self.origin), ("Sec-Fetch-Site", "same-origin")]

    def sign_up(self) -> Account:
        """A throw-away account."""
        email = f"lab-{secrets.token_hex(8)}@doorward.example"
        password = f"throw-away {secrets.token_hex(8)}"
        answer = self.client.send(
            "POST", "/api/signup", self.own, data={"email": email, "password": password}
        )
        if answer.status != 201:
            raise Unusable(f"no account could be made: sign-up answered {answer.status}")
        self.accounts.append(email)
        return Account(email, password, str(answer.json().get("subject", "")))

    def log_in(self, account: Account | None = None, jar: Jar | None = None) -> Login:
        """Log in, as a new account if none is given, from a browser that holds `jar`."""
        account = account or self.sign_up()
        login = Login(account, self.way.transport, jar or Jar())
        answer = self.try_login(account, account.password, login.jar.header())
        if answer.status != 200:
            raise Unusable(f"no login: it answered {answer.status} {answer.text[:100]}")
        found = answer.json()
        login.jar.keep(answer.cookies())
        login.bearer = str(found.get("access_token", ""))
        in_cookie = [value for name, value in login.jar.cookies.items() if "refresh" in name]
        login.refresh = str(found.get("refresh_token", "")) or next(iter(in_cookie), "")
        return login

    def try_login(self, account: Account, password: str, headers: Pairs = ()) -> Exchange:
        body = {"email": account.email, "password": password, "transport": self.way.transport}
        return self.client.send("POST", "/api/login", [*self.own, *headers], data=body)

    def me(self, login: Login, credential: str | None = None) -> Exchange:
        """Ask who `login` is, with another credential in its place if one is given."""
        return self.client.send("GET", "/api/me", login.headers(credential))

    def act(self, login: Login, method: str, path: str, data: object = None) -> Exchange:
        """Send a request as the application's own page does."""
        return self.client.send(method, path, [*self.own, *login.headers()], data=data)

    def refresh(self, token: str) -> Exchange:
        return self.client.send("POST", "/api/refresh", self.own, data={"refresh_token": token})

    def log_out(self, login: Login) -> Exchange:
        return self.act(login, "POST", "/api/logout")

    def change_password(self, login: Login, new: str) -> Exchange:
        body = {"current": login.account.password, "new": new}
        return self.act(login, "POST", "/api/password", body)


def ways_of(client: Client, accounts: list[str]) -> list[Way]:
    """The ways that the instance's logins take, found by logging in.  Raises `Unusable`."""
    found: list[Way] = []
    transports: tuple[Transport, ...] = ("cookie", "bearer")
    for transport in transports:
        target = Target(client, Way("session", transport), accounts)
        mode = "token" if target.log_in().refresh else "session"
        found.append(Way(mode, transport))
    return found
