"""`doorward users import`: accounts of other systems, their hashes as they are."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from doorward.cli.imports.importing import BATCH

from .desk import Desk
from .imported import fastapi_users, rows

pytestmark = pytest.mark.engine

BCRYPT = "$2b$04$KhKkLVbJnO5yux97TWMCIed4ZhAXRSqMaos2cB7XCek14gtGX9DGK"
DEAR = BCRYPT.replace("$04$", "$16$")

GOOD: list[dict[str, Any]] = [
    {"id": 1, "email": "Ann@Example.test", "password_hash": BCRYPT, "roles": "editor, b"},
    {"id": 2, "email": "ben@example.test", "password_hash": "!unusable", "locked": True},
    {"id": 3, "email": "cat@example.test", "verified": True, "created_at": "2020-01-01T00:00:00Z"},
    {"id": 4, "email": "dan@example.test", "roles": "admin x", "created_at": 1577836800},
]
BAD: list[tuple[dict[str, Any], str]] = [
    ({"id": 5, "email": "ANN@example.TEST"}, "Line 1 has the same address."),
    ({"id": 6, "email": "nobody"}, "does not look like an e-mail address"),
    ({"id": 7, "email": "e@example.test", "password_hash": "md5$salt$00"}, "of a known form"),
    ({"id": 8, "email": "e@example.test", "password_hash": DEAR}, "16 cost; at most 15"),
    ({"id": 9, "email": "e@example.test", "locked": "perhaps"}, "locked is neither"),
    ({"id": 10, "email": "e@example.test", "created_at": "yesterday"}, "created_at is no time"),
    ({"id": 11, "email": "e@example.test", "created_at": "2999-01-01"}, "in the future"),
    ({"id": 12, "email": "e@example.test", "roles": "a*"}, "A role is"),
]


def entries(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    found = rows(desk, "SELECT kind, actor, detail FROM doorward_audit ORDER BY seq")
    assert {actor for _, actor, _ in found} <= {"operator"}
    return [(kind, json.loads(detail)) for kind, _, detail in found]


def written(folder: Path, kind: str, accounts: list[dict[str, Any]]) -> str:
    """A file of these accounts."""
    file = folder / f"accounts.{kind}"
    with file.open("w", newline="") as out:
        if kind == "jsonl":
            out.writelines(f"{json.dumps(each)}\n" for each in accounts)
        else:
            names = ("id", "email", "password_hash", "roles", "verified", "created_at", "locked")
            writer = csv.DictWriter(out, names)
            writer.writeheader()
            writer.writerows(accounts)
    return str(file)


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_good_rows_are_imported_and_bad_ones_named_with_their_reason(
    desk: Desk, tmp_path: Path, kind: str
) -> None:
    file = written(tmp_path, kind, [*GOOD, *(row for row, _ in BAD)])
    head = kind == "csv"
    done = desk.run("users", "import", file, "--from", kind, "--json")
    found = json.loads(done.out)
    assert done.status == 1
    assert "1 administrator of the source came without" in done.err
    counts = {name: found[name] for name in ("imported", "skipped", "locked", "verified", "admins")}
    assert counts == {"imported": 4, "skipped": 0, "locked": 1, "verified": 1, "admins": 0}
    assert (found["hashes"], found["admins_left_out"]) == ({"bcrypt": 1, "none": 3}, 1)
    assert [each["row"] for each in found["refused"]] == [*range(5 + head, 13 + head)]
    for each, (row, why) in zip(found["refused"], BAD, strict=True):
        assert (each["id"], each["email"]) == (str(row["id"]), row["email"])
        assert why.replace("Line 1", f"Line {1 + head}") in each["reason"]
    assert BCRYPT not in done.out + done.err
    assert rows(
        desk,
        "SELECT email, password_hash, roles, locked_at IS NOT NULL, verified_at IS NOT NULL,"
        " created_at = 1577836800 FROM doorward_users ORDER BY email",
    ) == [
        ("ann@example.test", BCRYPT, '["b", "editor"]', 0, 0, 0),
        ("ben@example.test", None, "[]", 1, 0, 0),
        ("cat@example.test", None, "[]", 0, 1, 1),
        ("dan@example.test", None, '["x"]', 0, 0, 1),
    ]
    counted = {"source": kind, "imported": 4, "skipped": 0, "refused": 8, "admins": 0}
    assert entries(desk) == [("users_imported", counted)]


def test_an_import_is_repeated_and_skips_who_is_there(desk: Desk, tmp_path: Path) -> None:
    desk.create("ann@example.test")
    file, map_file = written(tmp_path, "jsonl", GOOD), tmp_path / "map.csv"
    words = ("users", "import", file, "--from", "jsonl", "--with-admins")
    first = desk.data(*words, "--map", str(map_file))
    assert (first["imported"], first["skipped"], first["admins"]) == (3, 1, 1)
    assert oct(map_file.stat().st_mode) == "0o100600"
    subjects = dict(rows(desk, "SELECT email, subject FROM doorward_users"))
    with map_file.open(newline="") as lines:
        assert list(csv.reader(lines)) == [
            ["id", "subject", "state"],
            ["1", subjects["ann@example.test"], "existed"],
            ["2", subjects["ben@example.test"], "imported"],
            ["3", subjects["cat@example.test"], "imported"],
            ["4", subjects["dan@example.test"], "imported"],
        ]
    again = desk.data(*words)
    assert (again["imported"], again["skipped"]) == (0, 4)
    assert [kind for kind, _ in entries(desk)] == ["signup", "users_imported"]
    assert dict(rows(desk, "SELECT email, subject FROM doorward_users")) == subjects


def test_a_trial_says_the_same_and_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    file = written(tmp_path, "csv", GOOD)
    words = ("users", "import", file, "--from", "csv")
    assert "doorward migrate" in desk.refusal(*words, "--dry-run")
    assert desk.run("migrate").status == 0
    trial = desk.data(*words, "--dry-run")
    assert (rows(desk, "SELECT * FROM doorward_users"), entries(desk)) == ([], [])
    assert trial.pop("dry_run") is True
    real = desk.data(*words)
    assert real.pop("dry_run") is False
    assert trial == real


def test_some_hundred_rows_are_one_transaction(desk: Desk, tmp_path: Path) -> None:
    """The second fails, and the first stays, with its entry."""
    many = [{"email": f"a{number}@example.test"} for number in range(BATCH)]
    assert desk.run("migrate").status == 0
    with closing(sqlite3.connect(desk.database.removeprefix("sqlite:///"))) as connection:
        connection.execute(
            "CREATE TRIGGER full AFTER INSERT ON doorward_users WHEN NEW.email LIKE 'last%'"
            " BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    file = written(tmp_path, "jsonl", [*many, *({"email": f"{n}@b.test"} for n in ("x", "last"))])
    assert desk.run("users", "import", file, "--from", "jsonl").status == 1
    assert rows(desk, "SELECT count(*) FROM doorward_users") == [(BATCH,)]
    assert [(kind, detail["imported"]) for kind, detail in entries(desk)] == [
        ("users_imported", BATCH)
    ]


ODD_LINES = {
    "[": "no JSON.",
    "7": "no JSON object",
    "[" * 30_000: "no JSON.",
    '{"email": 7}': "email is no text",
    '{"email": "\\ud800@example.test"}': "email is not in UTF-8",
    '{"email": "a@example.test", "password": "x"}': "There is no field password",
    '{"email": "a@example.test", "roles": [7]}': "roles is no list of names",
    '{"email": "a@example.test", "created_at": true}': "created_at is no time",
    '{"email": "a@example.test", "created_at": 1e999}': "created_at is no time",
    '{"email": "a@example.test", "created_at": -1}': "before 1970",
}


def test_a_line_that_is_no_account_is_refused_alone(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_text("\ufeff" + "\n".join([*ODD_LINES, "", '{"email": "good@example.test"}']))
    done = desk.run("users", "import", str(file), "--from", "jsonl", "--json")
    found = json.loads(done.out)
    assert found["imported"] == 1
    assert [each["row"] for each in found["refused"]] == [*range(1, len(ODD_LINES) + 1)]
    for each, why in zip(found["refused"], ODD_LINES.values(), strict=True):
        assert why in each["reason"]


def test_people_see_the_first_refused_rows_and_nothing_can_colour_their_terminal(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "odd.csv"
    file.write_bytes(b"email\n" + b"\x1b[31m\xff\n" * 60 + b"a@example.test,b\n")
    done = desk.run("users", "import", str(file), "--from", "csv")
    assert "Refused 61 rows:" in done.out
    assert "... and 11 more; --json lists all." in done.out
    assert "\x1b" not in done.out
    data = json.loads(desk.run("users", "import", str(file), "--from", "csv", "--json").out)
    assert "more or fewer cells" in data["refused"][-1]["reason"]


# --- what is refused before anything is made ----------------------------------------------------


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["no.csv", "--from", "csv"], "no.csv cannot be read: No such file"),
        (["wrong.csv", "--from", "csv"], "There is no column 'password'"),
        (["empty.csv", "--from", "csv"], "It must name email"),
        (["broken.csv", "--from", "csv"], "is no CSV"),
        (["long.jsonl", "--from", "jsonl"], "is longer than 65536 characters"),
        (["good.csv", "--from", "csv", "--table", "x"], "--table names a table"),
        (
            ["good.csv", "--from", "csv", "--map", "good.csv"],
            "cannot be made: File exists",
        ),
        (["good.csv", "--from", "csv", "--map", "m", "--dry-run"], "leave one of the two out"),
        (["sqlite:///no.db", "--from", "django"], "There is no database"),
        (["sqlite:///good.csv", "--from", "django"], "cannot be read: file is not a database"),
        (["sqlite:///fu.db", "--from", "django"], "There is no table auth_user"),
        (["sqlite:///fu.db", "--from", "django", "--table", "user"], "has no column password"),
        (["mysql://root:secret@db/app", "--from", "django"], "The source must be sqlite:///"),
        (["postgresql://x:secret@[::1/a", "--from", "django"], "cannot be read: it is no address"),
    ],
)
def test_a_slip_is_one_sentence_and_makes_no_database(
    desk: Desk, tmp_path: Path, words: list[str], why: str
) -> None:
    (tmp_path / "wrong.csv").write_text("email,password\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "broken.csv").write_text('email\n"a"b\n')
    (tmp_path / "good.csv").write_text("email\nann@example.test\n")
    (tmp_path / "long.jsonl").write_text("x" * 70_000)
    fastapi_users(tmp_path).rename(tmp_path / "fu.db")
    said = desk.refusal("users", "import", *words)
    assert why in said
    assert "secret" not in said
    assert not (tmp_path / "doorward.db").exists()
