"""`doorward users import` from databases that the real libraries made."""

import csv
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.postgres import Postgres
from tests.support.server import clean_environment

from .desk import Desk
from .imported import DATA, fastapi_users, rows

pytestmark = pytest.mark.engine


def test_the_accounts_of_fastapi_users_come_as_they_are(desk: Desk, tmp_path: Path) -> None:
    source = fastapi_users(tmp_path)
    before = source.read_bytes()
    url = f"sqlite+aiosqlite:///{source}"
    done = desk.run("users", "import", url, "--from", "fastapi-users", "--map", "map.csv")
    assert done.out.splitlines() == [
        "Imported 10 accounts: 5 argon2id, 5 bcrypt.",
        "1 is locked, 1 verified, 0 administrators.",
        "Skipped 0 accounts, whose address has one already.",
    ]
    assert source.read_bytes() == before
    found = rows(
        desk,
        "SELECT email, roles, locked_at IS NOT NULL, verified_at IS NOT NULL"
        " FROM doorward_users ORDER BY email",
    )
    assert [email for email, *_ in found] == [f"user{number}@example.org" for number in range(10)]
    assert [number for number, row in enumerate(found) if row[2]] == [7]
    assert [number for number, row in enumerate(found) if row[3]] == [9]
    assert {row[1] for row in found} == {"[]"}
    with closing(sqlite3.connect(source)) as connection:
        ids = [old for (old,) in connection.execute("SELECT id FROM user ORDER BY id")]
    with (tmp_path / "map.csv").open(newline="") as lines:
        assert [row["id"] for row in csv.DictReader(lines)] == ids


@pytest.mark.process
def test_the_accounts_of_django_come_as_they_are(desk: Desk, tmp_path: Path) -> None:
    source = tmp_path / "django.db"
    make = [sys.executable, "-m", "tests.support.django_users", str(source), "20", "0"]
    subprocess.run(make, check=True, cwd=DATA.parents[1], env=clean_environment())
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE auth_user SET email = '' WHERE username = 'user 11'")
        connection.execute("UPDATE auth_user SET date_joined = '2020-01-01 00:00:00.5' WHERE id=1")
    done = desk.run(
        *("users", "import", f"sqlite:///{source}", "--from", "django", "--with-admins", "--json")
    )
    found = json.loads(done.out)
    (refused,) = found["refused"]
    assert (refused["id"], refused["email"], done.status) == ("12", "user 11", 1)
    assert (found["imported"], found["locked"], found["admins"]) == (19, 2, 2)
    kinds = {"pbkdf2_sha256", "pbkdf2_sha1", "scrypt", "argon2id", "bcrypt_sha256", "bcrypt"}
    assert found["hashes"].keys() == kinds | {"none"}
    assert found["hashes"]["none"] == 2
    people = {
        row[0]: row[1:] for row in rows(desk, "SELECT email, roles, created_at FROM doorward_users")
    }
    assert people["django0@example.org"] == ("[]", 1577836800)
    assert people["django16@example.org"][0] == "[]"
    assert people["django18@example.org"][0] == '["admin"]'


def test_a_table_in_postgresql_is_read_and_never_written(
    desk: Desk, tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.new_database()
    postgres.execute(
        'CREATE SCHEMA app; CREATE TABLE app."our users" (id uuid PRIMARY KEY, email text,'
        " hashed_password text, is_active bool, is_superuser bool, is_verified bool,"
        " created_at timestamptz, other int);"
        " INSERT INTO app.\"our users\" SELECT gen_random_uuid(), n || '@example.test',"
        " '!', n > 1, n = 2, n > 3, '2020-01-01Z', n FROM generate_series(1, 2500) n",
        url,
    )
    source = url.replace("postgresql://", "postgresql+asyncpg://") + "?search_path=app"
    words = ("users", "import", source, "--from", "fastapi-users")
    assert "There is no table user in" in desk.refusal(*words)
    found = desk.data(*words, "--table", "our users")
    assert (found["imported"], found["locked"], found["verified"]) == (2500, 1, 2497)
    assert rows(desk, "SELECT DISTINCT created_at FROM doorward_users") == [(1577836800,)]
    postgres.execute(
        "CREATE FUNCTION app.act() RETURNS bool LANGUAGE sql VOLATILE AS"
        ' $$INSERT INTO app."our users" VALUES (gen_random_uuid()) RETURNING true$$;'
        ' CREATE VIEW app.acting AS SELECT * FROM app."our users" WHERE app.act()',
        url,
    )
    assert "read-only transaction" in desk.refusal(*words, "--table", "acting")
    wrong = source.replace("postgres@", "postgres:secret@").replace("/test", "/no")
    said = desk.refusal("users", "import", wrong, "--from", "django")
    assert "cannot be read" in said
    assert "secret" not in said
