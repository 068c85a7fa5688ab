"""One application at one store, while it is measured."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .applications.spec import PASSWORD, Kind
from .caller import OWN_PAGE, Answer, Caller, Unusable
from .cluster import Cluster
from .load import Answers

_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Login:
    """What one client holds after a login.  `answer` is what brought it."""

    subject: str
    answer: Answer
    cookies: dict[str, str]
    bearer: str = ""
    refresh: str = ""

    def headers(self) -> dict[str, str]:
        """What a request carries so that the server knows whose it is."""
        if self.bearer:
            return {"Authorization": f"Bearer {self.bearer}"}
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": pairs}


@dataclass(frozen=True, slots=True)
class Work:
    """What a load cost: its answers, CPU seconds of the server, what the store was asked, and
    the bytes that a process holds after it."""

    answers: Answers
    cpu: float
    asked: dict[str, int]
    memory: int

    @property
    def cpu_each(self) -> float:
        """CPU microseconds of the server for a request."""
        return self.cpu / len(self.answers.took) * 1e6


@dataclass(slots=True)
class Contender:
    """`label` names the store, `url` is where it is.  `work` has the loads, by processes,
    and `alone` those of a single connection; `remembered` has what several rows need and one of
    them measured."""

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
        """Whether its logins come in cookies, where the client lets it choose."""
        return self.kind != "plain_jwt"

    def call(self, method: str, path: str, headers: Any = None, data: Any = None) -> Answer:
        """Ask the first process.  Raises `Unusable` for an answer that is no success."""
        with Caller(self.cluster.ports[0]) as caller:
            return caller.done(method, path, headers, data)

    def log_in(
        self, subject: str = "", *, transport: str = "", roles: tuple[str, ...] = ("reader",)
    ) -> Login:
        """Log in with the password, as somebody new if nobody is named."""
        subject = subject or f"person-{next(_NUMBERS)}"
        transport = transport or ("cookie" if self.uses_cookies else "bearer")
        form = {"name": subject, "transport": transport, "roles": list(roles)}
        answer = self.call("POST", "/login", OWN_PAGE, form | {"password": PASSWORD})
        cookies = dict(_pair(each) for each in answer.all("set-cookie"))
        told = answer.json()
        login = Login(
            subject,
            answer,
            {} if transport == "bearer" else cookies,
            told.get("access_token", ""),
            told.get("refresh_token") or "",
        )
        if not login.cookies and not login.bearer:
            raise Unusable("a login gave neither cookies nor a token")
        return login

    def check_password(self) -> dict[str, str]:
        """Let the bare application do what costs memory at a login.  Its requests carry nothing."""
        self.call("POST", "/login", data={"name": "somebody", "password": PASSWORD})
        return {}

    def try_refresh(self, token: str) -> str | None:
        """The new refresh token, empty where the old one is kept; None where it was refused."""
        with Caller(self.cluster.ports[0]) as caller:
            answer = caller.send("POST", "/refresh", data={"refresh_token": token})
        return answer.json()["refresh_token"] or "" if answer.status == 200 else None

    def me(self, headers: dict[str, str]) -> Answer:
        """Ask the first process who this is, whatever it answers."""
        with Caller(self.cluster.ports[0]) as caller:
            return caller.send("GET", "/me", headers)


def _pair(cookie: str) -> tuple[str, str]:
    name, _, value = cookie.partition(";")[0].partition("=")
    return name, value
