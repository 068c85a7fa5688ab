"""Users in PostgreSQL, and sessions wherever `--sessions` says."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.server.house import EMAIL, PASSWORD
from tests.support.postgres import Postgres
from tests.support.server import Serve
from tests.support.until import PATIENCE
from tests.support.valkey import Valkey

ACCOUNT = {"email": EMAIL, "password": PASSWORD, "transport": "bearer"}


@pytest.mark.parametrize(
    ("where", "mode"), [("beside", "session"), ("file", "token"), ("valkey", "session")]
)
def test_who_signs_up_can_log_in(
    serve: Serve, postgres: Postgres, valkey: Valkey, tmp_path: Path, where: str, mode: str
) -> None:
    database = postgres.new_database()
    urls = {"file": f"sqlite:///{tmp_path}/sessions.db", "valkey": valkey.url, "beside": database}
    server = serve("--mode", mode, "--database", database, "--sessions", urls[where])
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as client:
        subject = client.post("/api/signup", json=ACCOUNT, timeout=PATIENCE).json()["subject"]
        token = client.post("/api/login", json=ACCOUNT, timeout=PATIENCE).json()["access_token"]
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
    assert f"database  {database}" in server.output


def test_of_many_who_take_one_address_at_two_servers_one_gets_it(
    serve: Serve, postgres: Postgres
) -> None:
    database = postgres.new_database()
    servers = [serve("--database", database) for _ in range(2)]

    def sign_up(number: int) -> int:
        return httpx2.post(
            f"{servers[number % 2].url}/api/signup", json=ACCOUNT, timeout=PATIENCE
        ).status_code

    with ThreadPoolExecutor(6) as people:
        answers = list(people.map(sign_up, range(6)))
    assert sorted(answers) == [201, *[409] * 5]
    assert postgres.execute("SELECT count(*) FROM doorward_users", database) == "1"
