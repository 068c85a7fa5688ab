"""Letters and real processes: a killed one loses none, and of two none goes out twice."""

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import httpx2
import pytest

from tests.server.house import PASSWORD
from tests.support.ports import free_port
from tests.support.server import RunningServer, running_server
from tests.support.smtp import running_smtp
from tests.support.until import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.process]

PEOPLE = 4


def change_passwords(server: RunningServer) -> None:
    for number in range(PEOPLE):
        account = {"email": f"person{number}@example.test", "password": PASSWORD}
        with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
            client.post("/api/signup", json=account)
            token = client.post("/api/login", json={**account, "transport": "bearer"}).json()
            client.headers["authorization"] = f"Bearer {token['access_token']}"
            body = {"current": PASSWORD, "new": "another quiet harbour"}
            assert client.post("/api/password", json=body).status_code == 204


async def test_what_a_killed_server_could_not_send_two_others_send_once(tmp_path: Path) -> None:
    def options(port: int) -> tuple[str, ...]:
        way = ("--smtp-url", f"smtp://127.0.0.1:{port}", "--mail-from", "login@example.test")
        return *way, "--verify", "off"

    with running_server(*options(free_port()), folder=tmp_path) as server:
        change_passwords(server)
        server.process.kill()
    with closing(sqlite3.connect(tmp_path / "doorward.db", isolation_level=None)) as database:
        database.execute("UPDATE doorward_letters SET due_at = 0")  # the pause is over
    async with running_smtp() as smtp:
        with ExitStack() as servers:
            for _ in range(2):
                servers.enter_context(running_server(*options(smtp.port), folder=tmp_path))
            taken = await smtp.mails(PEOPLE)
        # both have ended, and had time for more
        assert sorted(each.recipient for each in taken) == [
            f"person{number}@example.test" for number in range(PEOPLE)
        ]
