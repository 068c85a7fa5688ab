"""The attacked instance, as its honest users and its clients use it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from .client import Client, Pairs, another_source
from .exchange import Exchange
from .files import Files
from .jar import Jar
from .lab import Applications, Instance, Lab, LabClock, Operator, Stored

Transport = Literal["cookie", "bearer"]


class Unusable(Exception):
    """No login or sign-up works on the instance.  The text is one sentence."""


class Missing(Exception):
    """The application or the lab lacks something that the attack needs.  The text is one sentence,
    and the verdict is `not_applicable`."""


class Way(NamedTuple):
    """The mode of a login, and how its credential travels."""

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
        """The headers that carry the login's credential, or another one in its place."""
        shown = self.credential if credential is None else credential
        if self.transport == "bearer":
            return [("Authorization", f"Bearer {shown}")]
        if credential is None:
            return self.jar.header()
        return [("Cookie", f"{self.cookie}={shown}")]


@dataclass(slots=True)
class Target:
    """One instance in one mode and transport.  `accounts` lists the accounts that were created,
    `people` those that several attacks share."""

    client: Client
    way: Way
    accounts: list[str]
    people: list[Account] = field(default_factory=list)
    _met: int = 0

    @property
    def origin(self) -> str:
        return self.client.address.origin

    @property
    def own(self) -> Pairs:
        """The headers by which a browser says that a page of the application sends this."""
        return [("Origin", self.origin), ("Sec-Fetch-Site", "same-origin")]

    @property
    def lab(self) -> Lab:
        """What the lab can do with the instance; nothing where it only has an address."""
        address = self.client.address
        return address.lab if isinstance(address, Instance) else Lab()

    @property
    def adapted(self) -> bool:
        """Whether this is an application of somebody else."""
        address = self.client.address
        return isinstance(address, Instance) and address.adapted

    @property
    def files(self) -> Files | None:
        """The files that a thief of the instance might have; None where they are out of reach."""
        return self.lab.files

    @property
    def stored(self) -> Stored | None:
        """What the databases of the instance hold; None where they are out of reach."""
        return self.lab.stored

    @property
    def clock(self) -> LabClock | None:
        """The clock of the instance; None where it is out of reach."""
        return self.lab.clock

    @property
    def operator(self) -> Operator:
        """What the operator of the machine can do.  Raises `Missing` where that is out of reach."""
        if self.lab.operator is None:
            raise Missing(
                "Only an instance that the lab starts itself gives access to its keys or letters."
            )
        return self.lab.operator

    @property
    def applications(self) -> Applications:
        """What the operator does about other applications.  Raises `Missing` where that is out of
        reach."""
        if self.lab.applications is None:
            raise Missing(
                "Only an instance that the lab starts itself lets it register applications."
            )
        return self.lab.applications

    def require_tokens(self) -> None:
        """Raises `Missing` in session mode, which signs nothing and has no refresh tokens."""
        if self.way.mode != "token":
            raise Missing("Session mode has no signed tokens and no refresh tokens.")

    @contextmanager
    def node(self, *, ahead: int = 0, tls: bool = False) -> Iterator["Target"]:
        """Another node on the same databases (see `Nodes`).  Raises `Missing` where the lab cannot
        start one."""
        if self.lab.nodes is None:
            raise Missing("Only an instance that the lab starts itself can get a second node.")
        with self.lab.nodes(ahead=ahead, tls=tls) as address:
            client = Client(address, self.client.source, self.client.transcript)
            yield Target(client, self.way, self.accounts)

    @contextmanager
    def other(self, *, verify_first: bool = False) -> Iterator["Target"]:
        """Another instance of the same kind, whose people are nobody here (see `Other`).  Raises
        `Missing` where the lab cannot start one."""
        if self.lab.other is None:
            raise Missing("Only an instance that the lab starts itself gets another beside it.")
        with self.lab.other(verify_first=verify_first) as instance:
            yield Target(Client(instance, self.client.source, self.client.transcript), self.way, [])

    def sign_up(self) -> Account:
        """A throw-away account for this attack alone, which may change or lock it."""
        email = f"lab-{secrets.token_hex(8)}@doorward.example"
        password = f"throw-away {secrets.token_hex(8)}"
        body = {"email": email, "password": password}
        answer = self.ask_for_account(body)
        if not 200 <= _there(answer).status < 300:
            raise Unusable(self._no_account(answer))
        self.accounts.append(email)
        return Account(email, password, str(answer.json().get("subject", "")))

    def ask_for_account(self, body: dict[str, Any]) -> Exchange:
        """What a sign-up with this body is answered.  Raises `Unusable` where no sign-up is looked
        at any more."""
        answer = self.client.send("POST", "/api/signup", self.own, data=body)
        if answer.status == 429:  # an instance lets an address make only so many accounts
            answer = self.client.elsewhere().send("POST", "/api/signup", self.own, data=body)
        if answer.status == 429:
            raise Unusable("no account could be made: sign-up answered 429")
        return answer

    def _no_account(self, answer: Exchange) -> str:
        said = f"no account could be made: sign-up answered {answer.status}"
        if self.adapted or answer.status not in (404, 405, 501):
            return said
        return (
            f"{self.origin} is no server of Doorward: it has no POST /api/signup"
            f" ({answer.status}). To attack an application of yours, use doorward.testing.attacks"
        )

    def person(self) -> Account:
        """A shared account, another one at each call.  Later attacks use the same accounts."""
        if self._met == len(self.people):
            self.people.append(self.sign_up())
        self._met += 1
        return self.people[self._met - 1]

    def _spend(self, account: Account) -> None:
        """Stop sharing an account that the attack changes."""
        if account in self.people:
            self.people.remove(account)
            self._met -= 1

    def log_in(self, account: Account | None = None, jar: Jar | None = None) -> Login:
        """Log in, as the next `person` if no account is given, from a browser that holds `jar`."""
        account = account or self.person()
        login = Login(account, self.way.transport, jar or Jar())
        answer = _there(self.try_login(account, account.password, login.jar.header()))
        if not 200 <= answer.status < 300:
            raise Unusable(f"no login: it answered {answer.status} {answer.text[:100]}")
        found = answer.json()
        login.jar.keep(answer.cookies())
        login.bearer = str(found.get("access_token", ""))
        in_cookie = [value for name, value in login.jar.cookies.items() if "refresh" in name]
        login.refresh = str(found.get("refresh_token", "")) or next(iter(in_cookie), "")
        return login

    def try_login(self, account: Account, password: str, headers: Pairs = ()) -> Exchange:
        if password != account.password:
            self._spend(account)
        body = {"email": account.email, "password": password, "transport": self.way.transport}
        return self.client.send("POST", "/api/login", [*self.own, *headers], data=body)

    def send_form(self, account: Account, headers: Pairs | None = None, **more: str) -> Exchange:
        """Log in as the form of the login page does, with `more` in it.  Raises `Missing` where the
        login takes no form."""
        form = {"email": account.email, "password": account.password, **more}
        sent = self.own if headers is None else headers
        answer = _there(self.client.send("POST", "/login", sent, form=form))
        if answer.status in (400, 405, 415, 422):
            raise Missing("The login takes no form.")
        return answer

    def me(self, login: Login, credential: str | None = None) -> Exchange:
        """Ask for the account of `login`, or of another credential in its place."""
        return self.client.send("GET", "/api/me", login.headers(credential))

    def act(self, login: Login, method: str, path: str, data: object = None) -> Exchange:
        """Send a request as the application's own page does."""
        return self.client.send(method, path, [*self.own, *login.headers()], data=data)

    def refresh(self, token: str) -> Exchange:
        body = {"refresh_token": token}
        return _there(self.client.send("POST", "/api/refresh", self.own, data=body))

    def next_refresh_token(self, token: str) -> str:
        """The refresh token that the client goes on with; empty when `token` is refused."""
        answer = self.refresh(token)
        if answer.status >= 500:
            raise AssertionError(f"a refresh answered {answer.status}")
        return str(answer.json().get("refresh_token", token)) if answer.status == 200 else ""

    def log_out(self, login: Login) -> Exchange:
        return _there(self.act(login, "POST", "/api/logout"))

    def change_password(self, login: Login, new: str) -> Exchange:
        body = {"current": login.account.password, "new": new}
        self._spend(login.account)
        return _there(self.act(login, "POST", "/api/password", body))


def _there(answer: Exchange) -> Exchange:
    if answer.missing:
        raise Missing(f"The application has no {answer.path}.")
    return answer


def ways_of(instance: Instance, accounts: list[str], people: list[Account]) -> list[Way]:
    """The modes and transports of the instance, found by logging in.  Raises `Unusable`."""
    found: list[Way] = []
    transports: tuple[Transport, ...] = ("cookie", "bearer")
    for transport in transports:
        client = Client(instance, another_source(instance.ip))
        target = Target(client, Way("session", transport), accounts, people)
        with suppress(Missing):
            login = target.log_in()
            if login.credential and target.me(login).status == 200:
                found.append(Way("token" if _is_signed(login) else "session", transport))
    if not found:
        raise Unusable("a login gives neither cookies nor tokens that open /api/me")
    return found


def _is_signed(login: Login) -> bool:
    return bool(login.refresh) or login.credential.count(".") == 2
