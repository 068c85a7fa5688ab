"""The database fails while the server runs: 503, said plainly, and nobody is logged out by it."""

import resource
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from doorward.server.metrics.health import LASTS
from doorward.server.move import moving, read_only
from doorward.stores import Movable
from tests.server.house import EMAIL, PASSWORD, House, Opened, login
from tests.support.server import running_server
from tests.support.until import PATIENCE, comes_true, until
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]


@dataclass(frozen=True, slots=True)
class Wreck:
    """A running server whose database went bad, and the cookies of who was logged in before."""

    url: str
    cookie: str

    async def ask(
        self, method: str, path: str, *, stranger: bool = False, **body: Any
    ) -> httpx2.Response:
        headers = {"sec-fetch-site": "same-origin", "cookie": "" if stranger else self.cookie}
        async with httpx2.AsyncClient(base_url=self.url, timeout=PATIENCE) as client:
            return await client.request(method, path, headers=headers, **body)


@pytest.fixture(scope="module", params=["session", "token"])
def wreck(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("wreck")
    with running_server("--mode", request.param, folder=folder) as server:
        with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
            body = {"email": EMAIL, "password": PASSWORD}
            client.post("/api/signup", json=body)
            client.post("/api/login", json=body)
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        for path in folder.glob("doorward.db*"):
            path.write_bytes(b"garbage!" * (path.stat().st_size // 8))
        yield Wreck(server.url, cookie)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/me"),
        ("GET", "/api/sessions"),
        ("DELETE", "/api/sessions"),
        ("POST", "/api/logout"),
        ("POST", "/api/login"),
        ("POST", "/api/signup"),
        ("POST", "/api/elevate"),
    ],
)
async def test_the_api_answers_503_with_a_reason_and_touches_no_cookie(
    wreck: Wreck, method: str, path: str
) -> None:
    body = {"email": "bob@example.test", "password": PASSWORD}
    answer = await wreck.ask(method, path, json=body)
    assert (answer.status_code, answer.json()["reason"]) == (503, "store_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "set-cookie" not in answer.headers
    assert "clear-site-data" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/account"),
        ("GET", "/"),
        ("POST", "/login"),
        ("POST", "/signup"),
        ("POST", "/logout"),
    ],
)
async def test_a_page_says_so_and_touches_no_cookie(wreck: Wreck, method: str, path: str) -> None:
    form = {"email": "bob@example.test", "password": PASSWORD}
    answer = await wreck.ask(method, path, data=form if method == "POST" else None)
    assert answer.status_code == 503
    assert "The database of this server does not answer." in answer.text
    assert "retry-after" in answer.headers
    assert "set-cookie" not in answer.headers


async def test_health_says_so(wreck: Wreck) -> None:
    answer = await wreck.ask("GET", "/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "view": "stale"}


async def test_who_could_not_write_a_moment_ago_is_unwell_for_a_while_and_logs_why_once(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "doorward.db"
    house: House = await opened(database=f"sqlite:///{file}")
    client = await house.client()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("ALTER TABLE doorward_limits RENAME TO away")
        assert (await client.get("/healthz")).status_code == 200
        assert (await login(client)).status_code == 503
        assert (await login(client)).status_code == 503
        other.execute("ALTER TABLE away RENAME TO doorward_limits")
    said = [line for line in caplog.messages if line.startswith("a database failed a request")]
    assert said == ["a database failed a request: no such table: doorward_limits"]
    house.clock.advance(LASTS - 1)
    health = await client.get("/healthz")
    assert (health.status_code, health.json()) == (503, {"status": "unavailable", "view": "fresh"})
    house.clock.advance(1)
    assert (await client.get("/healthz")).json() == {"status": "ok", "view": "fresh"}
    house.clock.now -= 3600
    assert (await client.get("/healthz")).status_code == 200


def test_a_balancer_finds_it_well_within_five_seconds_of_the_stores_answer(
    tmp_path: Path, valkey: Valkey
) -> None:
    body = {"email": EMAIL, "password": PASSWORD}
    with (
        running_server("--sessions", valkey.url, folder=tmp_path) as server,
        httpx2.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):
        assert client.post("/api/signup", json=body).status_code == 201
        valkey.process.send_signal(signal.SIGSTOP)
        assert client.post("/api/login", json=body).status_code == 503
        assert client.get("/healthz").status_code == 503
        valkey.process.send_signal(signal.SIGCONT)
        assert valkey.ask("PING") == "+PONG"
        answered = time.monotonic()
        until(lambda: client.get("/healthz").status_code == 200)
        assert time.monotonic() - answered < 5


async def test_who_was_moved_says_so_to_programs_and_people_and_not_where_to(
    opened: Opened, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/doorward.db"
    house: House = await opened(database=url)
    browser = await house.alice()
    async with moving.opened(url, url) as place:
        await read_only.seal(place.database, "moved to --database postgresql://h4sh")
        await cast(Movable, place.store).seal("moved to --database postgresql://h4sh")
    answer = await login(browser)
    assert (answer.status_code, answer.json()["reason"]) == (503, "moved")
    page = await browser.post("/login", data={"email": EMAIL, "password": PASSWORD})
    assert page.status_code == 503
    assert "This service is moving to another place" in page.text
    for each in (answer, page):
        assert "h4sh" not in each.text
        assert each.headers["retry-after"] == "10"
        assert "set-cookie" not in each.headers
    assert (await browser.get("/api/me")).status_code == 200


async def test_pages_that_need_no_database_are_still_there(wreck: Wreck) -> None:
    for path in ("/", "/login", "/signup", "/docs"):
        assert (await wreck.ask("GET", path, stranger=True)).status_code == 200


async def test_a_full_disk_refuses_what_it_cannot_keep_and_keeps_the_rest(tmp_path: Path) -> None:
    body = {"email": EMAIL, "password": PASSWORD, "transport": "bearer"}
    with running_server(folder=tmp_path) as server:
        async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
            assert (await client.post("/api/signup", json=body)).status_code == 201
            token = (await client.post("/api/login", json=body)).json()["access_token"]
            mine = {"authorization": f"Bearer {token}"}
            unlimited = resource.RLIM_INFINITY
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, unlimited))
            for path in ("/api/login", "/api/signup", "/api/logout"):
                answer = await client.post(path, json=body, headers=mine)
                assert (answer.status_code, answer.json()["reason"]) == (503, "store_unavailable")
            assert (await client.get("/api/me", headers=mine)).status_code == 200
            health = await client.get("/healthz")
            assert (health.status_code, health.json()["view"]) == (503, "fresh")
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
            assert (await client.post("/api/logout", headers=mine)).status_code == 204
            assert (await login(client)).status_code == 200


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_a_server_under_which_the_file_was_replaced_by_a_backup_believes_nobody(
    opened: Opened, tmp_path: Path, mode: str
) -> None:
    """What is decided from here on is decided in the file that is there now."""
    path, backup = tmp_path / "doorward.db", tmp_path / "backup.db"
    house: House = await opened(database=f"sqlite:///{path}", mode=mode)
    owner = await house.alice()
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    backup.replace(path)

    async def refused() -> bool:
        answer = await owner.get("/api/me")
        return (answer.status_code, answer.json().get("reason")) == (503, "store_unavailable")

    await comes_true(refused)
    assert (await owner.get("/healthz")).status_code == 503
    assert (await login(await house.browser())).status_code == 503
    restarted: House = await opened(database=f"sqlite:///{path}", mode=mode)
    assert (await login(await restarted.browser())).status_code == 200
