"""Which ways to a database are closed to others."""

import pytest

from doorward.server.db.url_security import open_way

HOST = "db.example"


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said beside the URL."""
    for name in ("PGHOST", "PGSERVICE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "url",
    [
        "memory:",
        "sqlite:///doorward.db",
        "redis://localhost:6379/0",
        "redis://:secret@127.0.0.1",
        "redis://[::1]:6379",
        f"rediss://{HOST}",
        "postgresql:///doorward",
        "postgresql://",
        "postgresql://ann:secret@localhost/doorward",
        "postgresql://127.0.0.1:5432,[::1]:5432/doorward",
        "postgresql:///doorward?host=/var/run/postgresql",
        "postgresql://%2Fvar%2Frun/doorward",
        f"postgresql://{HOST}/doorward?sslmode=verify-full&sslrootcert=ca.pem",
        f"postgres://{HOST}/doorward?sslmode=verify-ca",
        "postgresql://[::1/no-address",
    ],
)
def test_here_or_behind_tls_nothing_is_open(url: str) -> None:
    assert open_way(url) is None


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:secret@{HOST}/doorward",
        f"postgres://{HOST}",
        f"postgresql://{HOST}:5432/doorward?sslmode=disable",
        f"postgresql://{HOST}/doorward?sslmode=allow",
        f"postgresql://{HOST}/doorward?sslmode=prefer",
        f"postgresql://localhost,{HOST}:5433/doorward",
        "postgresql://[2001:db8::7]:5432/doorward",
        f"postgresql:///doorward?host={HOST}",
        "postgresql://10.0.0.7/doorward",
        "postgresql:///doorward?service=ours",
    ],
)
def test_postgresql_that_need_not_speak_tls_can_be_read(url: str) -> None:
    way = open_way(url)
    assert way is not None
    assert "can read and change" in way.says
    assert "secret" not in way.says + way.do
    assert "sslmode=verify-full" in way.do


def test_tls_without_a_look_at_the_certificate_is_said_to_be_that() -> None:
    way = open_way(f"postgresql://{HOST}/doorward?sslmode=require")
    assert way is not None
    assert "can pose as" in way.says


def test_redis_without_tls_can_be_read() -> None:
    way = open_way(f"redis://:secret@{HOST}:6379/3")
    assert way is not None
    assert "secret" not in way.says
    assert "rediss://" in way.do


def test_what_the_environment_says_to_the_driver_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", HOST)
    assert open_way("postgresql:///doorward") is not None
    assert open_way("postgresql://localhost/doorward") is None
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert open_way("postgresql:///doorward") is None
    assert open_way("postgresql:///doorward?sslmode=disable") is not None
