"""Users in PostgreSQL, and sessions wherever `--sessions` says."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.cli.serving import Open, serve
from tests.server.house import EMAIL, PASSWORD
from tests.support.postgres import Postgres
from tests.support.thread_server import server_in_thread
from tests.support.until import PATIENCE
from tests.support.valkey import Valkey

ACCOUNT = {"email": EMAIL, "password": PASSWORD, "transport": "bearer"}


@pytest.mark.parametrize(
    ("where", "mode"), [("beside", "session"), ("file", "token"), ("valkey", "session")]
)
def test_who_signs_up_can_log_in(
    postgres: Postgres, valkey: Valkey, tmp_path: Path, where: str, mode: str
) -> None:
    database = postgres.new_database()
    urls = {"file": f"sqlite:///{tmp_path}/sessions.db", "valkey": valkey.url, "beside": database}

    def visit(server: Open) -> None:
        with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
            subject = client.post("/api/signup", json=ACCOUNT).json()["subject"]
            token = client.post("/api/login", json=ACCOUNT).json()["access_token"]
            me = client.get("/api/me", headers={"authorization": f"Bearer {token}"})
            assert me.json()["subject"] == subject
            assert client.get("/healthz").json() == {"status": "ok", "view": "fresh"}
            metrics = client.get("/metrics").text
        told = {line.partition(" ")[0]: line.partition(" ")[2] for line in metrics.splitlines()}
        assert 0 <= float(told["doorward_view_age_seconds"]) < 1
        figures = {"file": set(), "valkey": {"replicas", "unreplicated_decisions"}}
        expected = figures.get(where, {"horizon_seconds"})
        assert expected == {name.split('"')[1] for name in told if "store_figure{" in name}
        assert postgres.execute("SELECT subject FROM doorward_users", database) == subject

    options = ("--mode", mode, "--database", database, "--sessions", urls[where])
    assert f"database  {database}" in serve(*options, folder=tmp_path, visit=visit).output


def test_of_many_who_take_one_address_at_two_servers_one_gets_it(
    postgres: Postgres, tmp_path: Path
) -> None:
    database = postgres.new_database()

    def sign_up(number: int) -> int:
        return httpx2.post(
            f"{servers[number % 2].url}/api/signup", json=ACCOUNT, timeout=PATIENCE
        ).status_code

    with ExitStack() as stack:
        servers = [
            stack.enter_context(server_in_thread("--database", database, folder=tmp_path))
            for _ in range(2)
        ]
        people = stack.enter_context(ThreadPoolExecutor(6))
        answers = list(people.map(sign_up, range(6)))
    assert sorted(answers) == [201, *[409] * 5]
    assert postgres.execute("SELECT count(*) FROM doorward_users", database) == "1"
