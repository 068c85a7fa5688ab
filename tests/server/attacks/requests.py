"""Single requests: odd ones, and ones that another site or the wrong person makes."""

import json
from typing import Any

from tests.server.desk import ADMIN
from tests.server.house import PASSWORD

from .scene import Attack, Play, Scene, Table

ATTACKS = Table()


def one(method: str, path: str, headers: Any = None, content: bytes | None = None) -> Play:
    async def play(on: Scene) -> None:
        await on.thief.request(method, path, headers=headers, content=content)

    return play


def stolen(path: str, headers: Any = None, content: bytes | None = None) -> Play:
    """A request that another site makes the browser of somebody send who is logged in."""

    async def play(on: Scene) -> None:
        victim = await on.victim()
        await victim.post(path, headers=EVIL | (headers or {}), content=content)

    return play


@ATTACKS.add("denied", "insufficient_role", modes="session token")
async def somebody_without_the_role_asks_the_api_of_administrators(on: Scene) -> None:
    await (await on.victim()).delete("/api/admin/sessions")


@ATTACKS.add("denied", "insufficient_role")
async def somebody_without_the_role_opens_the_console(on: Scene) -> None:
    await (await on.victim()).get("/admin/users")


@ATTACKS.add("denied", "not_found")
async def ending_the_session_of_somebody_else(on: Scene) -> None:
    victim, other = await on.victim(), await on.victim()
    sid = (await victim.get("/api/me")).json()["sid"]
    await other.delete(f"/api/sessions/{sid}")


@ATTACKS.add("refused", "cross_origin")
async def asking_for_a_proxy_that_was_never_named(on: Scene) -> None:
    victim = await on.victim()
    del victim.headers["sec-fetch-site"]
    await victim.get("/api/forward-auth")


SAME, EVIL = {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"}
PREFLIGHT = {"origin": "https://evil.example", "access-control-request-method": "POST"}
JSON, TEXT = {"content-type": "application/json"}, {"content-type": "text/plain"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
PARTS = {"content-type": "multipart/form-data; boundary=x"}
GOOD = json.dumps({"email": "new@example.test", "password": PASSWORD}).encode()
TAKEN = GOOD.replace(b"new@example.test", ADMIN.upper().encode())
TWICE = [("authorization", "Bearer a"), ("authorization", "Bearer b")]
FIELDS = b"&".join(b"a%d=" % number for number in range(5000))


def me(**headers: str) -> Play:
    return one("GET", "/api/me", headers)


def signup(body: bytes) -> Play:
    return one("POST", "/api/signup", JSON | SAME, body)


def form(body: bytes, kind: dict[str, str] = FORM) -> Play:
    return one("POST", "/login", kind | SAME, body)


ROWS: dict[tuple[str, str], dict[str, Play]] = {
    ("refused", "malformed"): {
        "two tokens at once": one("GET", "/api/me", TWICE),
        "a token beside its scheme": me(authorization="Bearer,x"),
        "two cookies of one name": me(cookie="__Host-session=a; __Host-session=b"),
        "a quoted cookie": me(cookie='__Host-session="a"'),
        "a nameless cookie": me(cookie="a=b; =__Host-session=x"),
        "a subject past the proxy": one("GET", "/api/forward-auth", {"x_doorward_subject": "a"}),
    },
    ("refused", "cross_origin"): {
        "a login from another site": one("POST", "/api/login", JSON | EVIL, GOOD),
        "a sign-up from another site": one("POST", "/api/signup", JSON | EVIL, GOOD),
        "a logout from another site": stolen("/api/logout"),
        "a step-up from another site": stolen("/api/elevate", JSON, b'{"password":"x"}'),
        "a preflight from another site": one("OPTIONS", "/api/login", PREFLIGHT),
        "a form from another site": stolen("/account/password", FORM, b"current=a&new=b"),
    },
    ("denied", "missing"): {
        "a stranger asks the API of administrators": one("GET", "/api/admin/users"),
        "a stranger opens the console": one("GET", "/admin/users"),
        "a stranger reads the metrics": one("GET", "/metrics"),
    },
    ("request_refused", "unsupported_media_type"): {
        "a form that pretends to be JSON": stolen("/api/password", TEXT, b'{"current":"x"}'),
        "a form in parts": form(b"--x--", PARTS),
    },
    ("request_refused", "invalid_request"): {
        "a member twice": signup(GOOD[:-1] + b',"email":"c@d.test"}'),
        "a number that is none": signup(GOOD[:-1] + b',"x":NaN}'),
        "30,000 brackets": signup(b"[" * 30_000),
        "a byte order mark": signup(b"\xef\xbb\xbf" + GOOD),
        "UTF-16": signup(GOOD.decode().encode("utf-16")),
        "a list for a password": signup(b'{"email":"a@example.test","password":["x"]}'),
        "5,000 fields": form(FIELDS),
        "a field twice": form(b"email=a&email=b&password=c"),
        "a NUL in the address": one("GET", "/login?x=%00"),
        "a body coded twice": one("POST", "/login", FORM | {"transfer-encoding": "gzip, chunked"}),
    },
    ("request_refused", "too_large"): {
        "10 MB of a body": signup(b"a" * 10**7),
    },
    ("request_refused", "headers_too_large"): {
        "a cookie of 9 KB": me(cookie="a=" + "b" * 9000),
        "an address of 9 KB": one("GET", "/login?x=" + "a" * 9000),
    },
    ("request_refused", "method_not_allowed"): {
        "a method that is not there": one("TRACE", "/api/me"),
    },
    ("signup_refused", "invalid_email"): {
        "an address with a NUL": signup(GOOD.replace(b"new", b"new\\u0000")),
    },
    ("signup_refused", "email_taken"): {
        "asking who has an account": signup(TAKEN),
    },
    # browsers, scanners and mistyped addresses ask for what is not there all day
    ("", ""): {
        "a path that is nearly that of a page": one("GET", "//account/.;x"),
    },
}

ATTACKS += [
    Attack(name, kind, (outcome,), play)
    for (kind, outcome), plays in ROWS.items()
    for name, play in plays.items()
]
