"""Text that not every database can hold, in every place where a request can put one: a plain
refusal, the same whatever the database.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_from_bytes

import httpx2
import pytest
from fastapi.routing import APIRoute

from doorward.server.app import DECLARED
from tests.server.admin.test_api import BODIES
from tests.server.databases import new_url
from tests.server.desk import ADMIN, person
from tests.server.house import House, Opened
from tests.support.valkey import Valkey

pytestmark = pytest.mark.anyio

IN_ADDRESSES = {
    "NUL": b"\0",
    "NUL inside": b"u_\0x",
    "half a pair": b"\xed\xa0\x80",
    "no UTF-8": b"u_\xff",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "no character": "\uffff".encode(),
    "wildcards": b"%_\\%",
    "quotes": b"'\"`--;$$",
    "directions": "\u202e\u2028\x1b[31m".encode(),
    "long": b"a" * 3_000,
}
IN_BODIES = {
    "NUL": "\0",
    "NUL inside": "ann\0@example.test",
    "half a pair": "\ud800",
    "half a pair inside": "ann\udfff@example.test",
    "no character": "\uffff",
    "long": "a" * 30_000,
}
FILTERS = ("person", "kind", "address", "since", "until", "after")
SEARCHES = {
    "/admin": ("query", "after"),
    "/admin/users": ("query", "role", "state", "sort", "sort=newest&after", "after"),
    "/admin/history": FILTERS,
    "/api/admin/users": ("query", "role", "state", "sort", "sort=newest&after", "after"),
    "/api/admin/online": ("query", "after"),
    "/api/admin/history": (*FILTERS, "format"),
    "/api/history": ("after",),
    "/login": ("return_to",),
    "/reset": ("ticket",),
    "/verify": ("ticket",),
    "/setup": ("ticket",),
}

Admins = list[httpx2.AsyncClient]
MANY = pytest.mark.parametrize("many", [2, pytest.param(3, marks=pytest.mark.soak)])


@pytest.fixture
async def admins(
    opened: Opened, request: pytest.FixtureRequest, tmp_path: Path, valkey: Valkey
) -> Admins:
    """One at SQLite, one at PostgreSQL, and one whose sessions are in Valkey."""
    urls = [new_url(kind, request, tmp_path) for kind in ("memory", "postgres", "postgres")]
    places = [{"database": url} for url in urls]
    places[2]["sessions"] = valkey.url
    houses: list[House] = [await opened(mode="token", **place) for place in places]
    return [(await person(house, ADMIN, "admin"))[0] for house in houses]


def free_addresses() -> Iterator[tuple[str, str]]:
    """Every route whose address has a part that is free."""
    everywhere = [route for router in DECLARED.routers for route in router.routes]
    for route in everywhere:
        if isinstance(route, APIRoute) and "{" in route.path:
            path = route.path.replace(":path}", "}")
            yield from ((method, path) for method in sorted(route.methods or ()))


def some(admins: Admins, many: int, turn: int) -> Admins:
    """So many of them: the first, and others in turn."""
    others = admins[1:]
    return [admins[0], *(others[(turn + place) % len(others)] for place in range(many - 1))]


@MANY
async def test_an_odd_name_in_an_address_is_nobodys_and_never_a_failure(
    admins: Admins, many: int
) -> None:
    for number, text in enumerate(IN_ADDRESSES.values()):
        odd = quote_from_bytes(text, safe="")
        for turn, (method, path) in enumerate(free_addresses(), number):
            address = re.sub(r"\{[a-z_]+\}", odd, path)
            body = BODIES.get((method, path))
            asked = some(admins, many, turn)
            answers = [await admin.request(method, address, json=body) for admin in asked]
            statuses = {answer.status_code for answer in answers}
            assert len(statuses) == 1, (method, path, odd, statuses)
            expected = {400, 404} if path.startswith("/api/") else {303, 400, 404}
            assert statuses <= expected, (method, path, odd, statuses)


@MANY
async def test_what_is_searched_for_by_odd_text_is_found_alike(admins: Admins, many: int) -> None:
    for number, text in enumerate(IN_ADDRESSES.values()):
        odd = quote_from_bytes(text, safe="")
        for turn, (path, names) in enumerate(SEARCHES.items(), number):
            for place, name in enumerate(names):
                asked = some(admins, many, turn + place)
                found = [await found_at(admin, f"{path}?{name}={odd}") for admin in asked]
                assert len(set(found)) == 1, (path, name, odd, found)


async def found_at(client: httpx2.AsyncClient, address: str) -> tuple[int, bool]:
    """How an address is answered, and whether it lists anything."""
    answer = await client.get(address)
    assert answer.status_code < 500, address
    is_json = answer.headers["content-type"] == "application/json"
    return answer.status_code, is_json and any(answer.json().values())


async def test_odd_text_in_a_body_is_refused_alike_and_never_a_failure(admins: Admins) -> None:
    for odd in IN_BODIES.values():
        bodies: dict[str, dict[str, object]] = {
            "/api/signup": {"email": odd, "password": odd},
            "/api/login": {"email": odd, "password": odd},
            "/api/refresh": {"refresh_token": odd},
            "/api/password": {"current": odd, "new": odd},
            "/api/elevate": {"password": odd},
        }
        for path, body in bodies.items():
            answers = [await post(admin, path, body) for admin in admins]
            assert len(set(answers)) == 1, (path, answers)
            assert 400 <= answers[0] < 500, (path, answers)


async def test_odd_text_is_no_role(admins: Admins) -> None:
    for admin in admins:
        subject = (await admin.get("/api/me")).json()["subject"]
        for odd in IN_BODIES.values():
            path = f"/api/admin/users/{subject}/roles"
            assert await post(admin, path, {"roles": [odd]}, "PUT") == 400


async def post(
    client: httpx2.AsyncClient, path: str, body: dict[str, object], method: str = "POST"
) -> int:
    """The status; half a pair of surrogates travels as an escape."""
    headers = {"content-type": "application/json"}
    content = json.dumps(body).encode()
    return (await client.request(method, path, content=content, headers=headers)).status_code
