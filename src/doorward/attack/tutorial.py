"""The application of FastAPI's tutorial on OAuth2 with a password and JWT, to compare with.

Written after https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/ and its example
`tutorial004_an_py310.py`, as they stood in FastAPI's repository on 19 August 2026 (0.141.1): the
same libraries, routes, claims, lifetime and checks.  The lab adds a sign-up, which the tutorial
lacks.  Like the tutorial, the application has no logout, refresh, change of password or cookies.
"""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pwdlib import PasswordHash
from starlette.requests import Request

from .adapted import Adapted
from .lab import Instance
from .serving import any_application, served

LIFETIME = timedelta(minutes=30)
ALGORITHM = "HS256"
PLAIN = re.compile(r"lab-[a-z0-9]+@doorward\.example")


class Tutorial:
    """The application and its table of users."""

    def __init__(self) -> None:
        self.secret = secrets.token_hex(32)
        self.passwords = PasswordHash.recommended()
        self.nobody = self.passwords.hash("a password that nobody has")
        self.hashes: dict[str, str] = {}
        self.app = FastAPI()
        scheme = OAuth2PasswordBearer(tokenUrl="token")

        @self.app.post("/token")
        def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
            if not self._knows(form.username, form.password):
                raise _refused("Incorrect username or password")
            return {"access_token": self._signed(form.username), "token_type": "bearer"}

        @self.app.get("/users/me/")
        def me(token: Annotated[str, Depends(scheme)]) -> dict[str, str]:
            return {"username": self._user_of(token)}

        @self.app.post("/signup", status_code=201)  # the lab's, not the tutorial's
        async def add(request: Request) -> dict[str, str]:
            found = await request.json()
            # so that no verdict is about this route, which is the lab's
            if PLAIN.fullmatch(found["email"]) is None:
                raise HTTPException(422)
            self.hashes[found["email"]] = self.passwords.hash(found["password"])
            return {"subject": found["email"]}

    def _knows(self, name: str, password: str) -> bool:
        known = name in self.hashes
        return self.passwords.verify(password, self.hashes.get(name, self.nobody)) and known

    def _signed(self, name: str) -> str:
        claims = {"sub": name, "exp": datetime.now(UTC) + LIFETIME}
        return jwt.encode(claims, self.secret, algorithm=ALGORITHM)

    def _user_of(self, token: str) -> str:
        try:
            name = jwt.decode(token, self.secret, algorithms=[ALGORITHM]).get("sub")
        except jwt.InvalidTokenError:
            name = None
        if name not in self.hashes:
            raise _refused("Could not validate credentials")
        return str(name)


def _refused(why: str) -> HTTPException:
    return HTTPException(401, why, headers={"WWW-Authenticate": "Bearer"})


class _Adapter:
    """Lets an attack log in by JSON, and find the name of the person under `subject`."""

    def __init__(self, app: Any) -> None:
        self._app = Adapted(app, {"/api/signup": "/signup", "/api/me": "/users/me/"})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/api/login":
            asked = json.loads(await Request(scope, receive).body())
            if asked["transport"] == "bearer":
                form = {"username": asked["email"], "password": asked["password"]}
                scope, receive = _with_form(scope, urlencode(form).encode())
        if scope["type"] == "http" and scope["path"] == "/api/me":
            send = _renaming(send)
        await self._app(scope, receive, send)


def _with_form(scope: Any, body: bytes) -> tuple[Any, Any]:
    others = [pair for pair in scope["headers"] if not pair[0].startswith(b"content-")]
    kind = (b"content-type", b"application/x-www-form-urlencoded")
    headers = [*others, kind, (b"content-length", b"%d" % len(body))]

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    return scope | {"path": "/token", "raw_path": b"/token", "headers": headers}, receive


def _renaming(send: Any) -> Any:
    started: list[Any] = []

    async def renamed(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
            return
        body = message["body"].replace(b'"username"', b'"subject"')
        headers = [pair for pair in started[0]["headers"] if pair[0] != b"content-length"]
        length = (b"content-length", b"%d" % len(body))
        await send(started[0] | {"headers": [*headers, length]})
        await send(message | {"body": body})

    return renamed


@contextmanager
def tutorial_instance() -> Iterator[Instance]:
    """The tutorial's application on a free loopback port."""
    with served(lambda port: any_application(_Adapter(Tutorial().app))) as port:
        yield Instance.at(f"http://localhost:{port}", adapted=True)
