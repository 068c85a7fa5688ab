"""The applications that `bench/peers/run.py` compares, and how a client logs in to each.

Each is a file in `apps/`, built as the page that the file names shows.  This list needs none of
their packages, so the runner and the tests can read it anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

USERNAME = "ann@example.org"
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Post:
    """A request that a client makes before it measures."""

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    encoding: Literal["json", "form"] = "json"


LOGIN = Post("/login", {"username": USERNAME, "password": PASSWORD})
FORM = Post("/login", {"username": USERNAME, "password": PASSWORD}, "form")
EMAIL = {"email": USERNAME, "password": PASSWORD}
LOGOUT = Post("/logout")


@dataclass(frozen=True, slots=True)
class Peer:
    """One application.  `bare` names the application without authentication that it is compared
    with; None for those themselves.  `package` is what its version is asked of."""

    name: str
    module: str
    variant: str
    package: str
    bare: str | None = None
    signup: Post | None = None
    login: Post = LOGIN
    logout: Post = LOGOUT
    gunicorn: bool = False

    @property
    def ours(self) -> bool:
        return self.package == "doorward"


def _doorward() -> list[Peer]:
    frameworks = {
        "raw ASGI": ["memory", "SQLite"],
        "Starlette": ["memory"],
        "FastAPI": ["memory", "SQLite", "PostgreSQL", "Redis"],
    }
    return [
        Peer(
            name=f"{framework}: Doorward, {mode}, {store}",
            module="doorward_" + framework.split()[0].lower(),
            variant=f"{mode} {store}",
            package="doorward",
            bare=framework,
        )
        for framework, stores in frameworks.items()
        for store in stores
        for mode in ("session", "token")
    ]


def _fastapi_users() -> list[Peer]:
    return [
        Peer(
            name=f"FastAPI: fastapi-users, {strategy}",
            module="fastapi_users_strategies",
            variant=strategy,
            package="fastapi-users",
            bare="FastAPI",
            signup=Post("/register", EMAIL),
            login=FORM,
        )
        for strategy in ("JWT", "database", "Redis")
    ]


BETTER_AUTH = Peer(
    name="FastAPI: better-auth-server, memory",
    module="better_auth_memory",
    variant="",
    package="better-auth-server",
    bare="FastAPI",
    signup=Post("/api/auth/sign-up/email", {**EMAIL, "name": "Ann"}),
    login=Post("/api/auth/sign-in/email", EMAIL),
    logout=Post("/api/auth/sign-out"),
)

PEERS = (
    Peer("raw ASGI", "bare", "raw", "uvicorn"),
    Peer("Starlette", "bare", "starlette", "starlette"),
    Peer("FastAPI", "bare", "fastapi", "fastapi"),
    Peer("FastAPI: one empty dependency", "bare", "empty dependency", "fastapi", "FastAPI"),
    *_doorward(),
    Peer("FastAPI: the tutorial's PyJWT", "tutorial", "", "pyjwt", "FastAPI", login=FORM),
    BETTER_AUTH,
    Peer("FastAPI: AuthX", "authx_bearer", "", "authx", "FastAPI"),
    *_fastapi_users(),
    Peer("Starlette: SessionMiddleware", "starlette_session", "", "starlette", "Starlette"),
    Peer("Starlette: starsessions, memory", "starsessions_", "memory", "starsessions", "Starlette"),
    Peer("Starlette: starsessions, Redis", "starsessions_", "Redis", "starsessions", "Starlette"),
    Peer("Litestar", "litestar_auth", "bare", "litestar"),
    Peer("Litestar: JWTAuth", "litestar_auth", "JWT", "litestar", "Litestar"),
    Peer("Litestar: SessionAuth, memory", "litestar_auth", "session", "litestar", "Litestar"),
    Peer("Flask", "flask_login_", "bare", "flask", gunicorn=True),
    Peer("Flask: Flask-Login", "flask_login_", "login", "flask-login", "Flask", gunicorn=True),
    Peer("Django", "django_sessions", "bare", "django", gunicorn=True),
    Peer(
        "Django: sessions, database",
        "django_sessions",
        "db",
        "django",
        "Django",
        login=FORM,
        gunicorn=True,
    ),
    Peer(
        "Django: sessions, cached database",
        "django_sessions",
        "cached_db",
        "django",
        "Django",
        login=FORM,
        gunicorn=True,
    ),
)
BY_NAME = {peer.name: peer for peer in PEERS}
EMPTY = "FastAPI: one empty dependency"


def authenticates(peer: Peer) -> bool:
    return peer.bare is not None and peer.name != EMPTY
