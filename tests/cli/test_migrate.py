"""`doorward migrate`: tables made once, on however many machines it is given at once."""

import subprocess
from dataclasses import replace
from pathlib import Path

from doorward.server.db import migrations
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey

from .desk import Desk, command

AT_ONCE = 4
LATEST = max(path.name[:4] for path in Path(migrations.__path__[0]).glob("versions/0*.py"))


def on(desk: Desk, database: str) -> Desk:
    return replace(desk, database=database)


def test_the_tables_are_made_once_and_then_up_to_date(desk: Desk, postgres: Postgres) -> None:
    for database in (desk.database, postgres.new_database()):
        here = on(desk, database)
        assert here.run("migrate").out.splitlines()[0].startswith("Made users and audit log in ")
        again = here.data("migrate")
        assert again["database"]["found"] == again["database"]["version"] == LATEST
        assert "up to date" in here.run("migrate").out


def test_of_many_who_migrate_at_once_one_does_and_all_are_content(
    desk: Desk, postgres: Postgres
) -> None:
    here = on(desk, postgres.new_database())
    started = [
        subprocess.Popen(
            command("migrate"),
            env=here.environment,
            cwd=here.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(AT_ONCE)
    ]
    done = [(*process.communicate(), process.returncode) for process in started]
    assert [(err, status) for _, err, status in done] == [("", 0)] * AT_ONCE
    first = [out.splitlines()[0].partition(" ")[0] for out, _, _ in done]
    assert sorted(first) == ["Made", *["Users"] * (AT_ONCE - 1)]


def test_sessions_may_lie_elsewhere(desk: Desk, postgres: Postgres, valkey: Valkey) -> None:
    here = on(desk, postgres.new_database())
    said = here.run("migrate", "--sessions", valkey.url).out
    assert said.splitlines()[1] == f"Sessions in {valkey.url} are ready."
    assert "doorward_sessions" not in postgres.execute(r"\dt", here.database)


def test_who_may_not_change_the_tables_serves_what_another_migrated(
    desk: Desk, postgres: Postgres
) -> None:
    database = postgres.new_database()
    name = database.rpartition("/")[2]
    postgres.execute(f"CREATE ROLE clerk_{name} LOGIN PASSWORD 'ab:c@d'", database)
    clerk = database.replace("postgres@", f"clerk_{name}:ab%3Ac%40d@")
    refused = on(desk, clerk).refusal("migrate")
    assert "run `doorward migrate` as one that may" in refused
    assert "c@d" not in refused
    assert "c%40d" not in refused
    on(desk, database).data("migrate")
    postgres.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
        f" TO clerk_{name}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clerk_{name}",
        database,
    )
    served = on(desk, clerk)
    assert served.data("migrate")["database"]["place"] == clerk.replace(":ab%3Ac%40d", "")
    served.create("ann@example.test")
    assert "1 session" not in served.run("users", "lock", "ann@example.test").out
    assert served.run("audit", "verify").status == 0


def test_what_a_newer_doorward_wrote_is_left_alone(desk: Desk, postgres: Postgres) -> None:
    here = on(desk, postgres.new_database())
    here.data("migrate")
    postgres.execute("UPDATE doorward_schema SET version_num = '9999'", here.database)
    assert "newer version of Doorward" in here.refusal("migrate")
    found = postgres.execute("SELECT version_num FROM doorward_schema", here.database)
    assert found == "9999"


def test_memory_has_nothing_to_migrate_and_a_missing_folder_is_not_made(
    desk: Desk, tmp_path: Path
) -> None:
    assert "nothing to migrate" in on(desk, "memory:").refusal("migrate")
    assert "There is no folder" in on(desk, f"sqlite:///{tmp_path}/no/x.db").refusal("migrate")
