"""One application at one store, while it is measured."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .applications.spec import PASSWORD, Kind
from .client import OWN_PAGE, Answer, Client, Unusable
from .cluster import Cluster
from .load import Answers

_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Login:
    """The credentials that one client got from a login, and the `answer` that set them."""

    subject: str
    answer: Answer
    cookies: dict[str, str]
    bearer: str = ""
    refresh: str = ""

    def headers(self) -> dict[str, str]:
        """The headers that authenticate a request."""
        if self.bearer:
            return {"Authorization": f"Bearer {self.bearer}"}
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": pairs}


@dataclass(frozen=True, slots=True)
class Work:
    """The cost of a load: its answers, CPU seconds of the server, calls of the store, and the
    resident bytes of the largest process after it."""

    answers: Answers
    cpu: float
    store_calls: int
    memory: int

    @property
    def cpu_each(self) -> float:
        """CPU microseconds of the server per request."""
        return self.cpu / len(self.answers.took) * 1e6


@dataclass(slots=True)
class Contender:
    """`label` and `url` name the store.  `work` has the loads by number of processes, `alone` those
    of a single connection.  `remembered` keeps results that several rows share and that can be
    measured only once."""

    kind: Kind
    label: str
    url: str
    cluster: Cluster
    rounds: int
    bare: "Contender | None" = None
    work: dict[int, list[Work]] = field(default_factory=dict)
    alone: list[Answers] = field(default_factory=list)
    remembered: dict[str, Any] = field(default_factory=dict)

    @property
    def column(self) -> str:
        return f"{self.kind} @ {self.label}"

    @property
    def ours(self) -> bool:
        return self.kind in ("session", "token")

    @property
    def uses_cookies(self) -> bool:
        """Whether a login gives cookies unless the client asks for Bearer."""
        return self.kind != "plain_jwt"

    def call(self, method: str, path: str, headers: Any = None, data: Any = None) -> Answer:
        """Ask the first process.  Raises `Unusable` for a status outside 200 to 299."""
        with Client(self.cluster.ports[0]) as client:
            return client.send_ok(method, path, headers, data)

    def log_in(
        self, subject: str = "", *, transport: str = "", roles: tuple[str, ...] = ("reader",)
    ) -> Login:
        """Log in with the password; without a `subject`, as a new person."""
        subject = subject or f"person-{next(_NUMBERS)}"
        transport = transport or ("cookie" if self.uses_cookies else "bearer")
        form = {"name": subject, "transport": transport, "roles": list(roles)}
        answer = self.call("POST", "/login", OWN_PAGE, form | {"password": PASSWORD})
        return _login(subject, answer, with_cookies=transport == "cookie")

    def check_password(self) -> None:
        """Check a password in the bare application, so that its memory holds a hash as well."""
        self.call("POST", "/login", data={"name": "somebody", "password": PASSWORD})

    def try_refresh(self, token: str) -> str | None:
        """The new refresh token, "" if the old one stays valid, None if it was refused."""
        with Client(self.cluster.ports[0]) as client:
            answer = client.send("POST", "/refresh", data={"refresh_token": token})
        return answer.json()["refresh_token"] or "" if answer.status == 200 else None

    def me(self, headers: dict[str, str]) -> Answer:
        """The first process's answer to `GET /me`, of any status."""
        with Client(self.cluster.ports[0]) as client:
            return client.send("GET", "/me", headers)


def _login(subject: str, answer: Answer, *, with_cookies: bool) -> Login:
    """Raises `Unusable` for an answer without a credential."""
    cookies = dict(_pair(each) for each in answer.all("set-cookie")) if with_cookies else {}
    tokens = answer.json()
    bearer, refresh = tokens.get("access_token", ""), tokens.get("refresh_token")
    if not cookies and not bearer:
        raise Unusable("a login gave neither cookies nor a token")
    return Login(subject, answer, cookies, bearer, refresh or "")


def _pair(cookie: str) -> tuple[str, str]:
    name, _, value = cookie.partition(";")[0].partition("=")
    return name, value
