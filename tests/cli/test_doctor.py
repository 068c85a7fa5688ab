"""`doorward doctor`: every check by a table, and the command on real files."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorward import Device
from doorward.cli.checks import CHECKS
from doorward.cli.facts import DatabaseFile, Facts, RootKey, filesystem_of, gather
from doorward.keys import RootKeys
from doorward.server.options import Options
from doorward.types import SigningKey

from .conftest import Beside
from .desk import Desk
from .test_sessions import keep, seen

DAY = 86400
ROOT = RootKeys((bytes(32),), "test")
NOW = 1_800_000_000
PUBLIC = Options(public_origin="https://login.example", trusted_proxies=("10.0.0.1",))
EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is only looked at


def key(kid: str, signs_from: int | None, withdrawn_at: int | None = None) -> SigningKey:
    return SigningKey(
        kid=kid,
        algorithm="ES256",
        public_jwk="{}",
        sealed_private=None if withdrawn_at else b"sealed",
        created_at=NOW - 100 * DAY,
        signs_from=signs_from,
        withdrawn_at=withdrawn_at,
    )


def used(at: int = NOW, address: str = "198.51.100.7") -> Any:
    return seen("s", at, device=Device(address))


def facts(
    options: Options = PUBLIC,
    root_key: Mapping[str, Any] | None = None,
    database: Mapping[str, Any] | None = None,
    **more: Any,
) -> Facts:
    """A setup in which everything is in order, but for what a test says."""
    keys = (key("now", NOW - DAY), key("next", None))
    here: dict[str, Any] = {"path": Path("/srv/keys/root.key"), "keys": ROOT}
    there: dict[str, Any] = {"path": Path("/srv/data/doorward.db"), "keys": keys}
    there["sessions"] = (used(),)
    return Facts(
        options=options,
        now=NOW,
        root_key=RootKey(**(here | dict(root_key or {}))),
        database=DatabaseFile(**(there | dict(database or {}))),
        **more,
    )


STRICT = replace(PUBLIC, min_password=15, signup="closed")


def test_a_good_setup_is_in_order() -> None:
    found = {name: check(facts(STRICT)).severity for name, check in CHECKS.items()}
    assert found == dict.fromkeys(CHECKS, "ok")


@pytest.mark.parametrize(
    ("name", "severity", "told"),
    [
        ("options", "unsafe", facts(refusal="no")),
        ("transport", "unsafe", facts(Options(host=EVERYWHERE))),
        ("transport", "unsafe", facts(Options(host="192.0.2.1"))),
        ("transport", "ok", facts(Options())),
        ("transport", "ok", facts(Options(host="::1"))),
        ("transport", "note", facts(replace(PUBLIC, host=EVERYWHERE))),
        ("transport", "ok", facts(Options(host=EVERYWHERE, tls_cert="c", tls_key="k"))),
        ("public-origin", "note", facts(Options())),
        ("public-origin", "ok", facts(Options(tls_cert="c", tls_key="k"))),
        ("proxies", "warning", facts(replace(PUBLIC, trusted_proxies=()))),
        ("proxies", "warning", facts(replace(PUBLIC, trusted_proxies=("nonsense",)))),
        ("proxies", "unsafe", facts(replace(PUBLIC, trusted_proxies=("0.0.0.0/0",)))),
        ("proxies", "unsafe", facts(replace(PUBLIC, trusted_proxies=("10.0.0.1", "::/0")))),
        ("proxies", "ok", facts(Options(tls_cert="c", tls_key="k"))),
        ("proxies", "ok", facts(Options())),
        ("client-addresses", "warning", facts(database={"sessions": (used(address="10.0.0.1"),)})),
        ("client-addresses", "warning", facts(database={"sessions": (used(address="::1"),)})),
        ("client-addresses", "ok", facts(database={"sessions": (used(address=""),)})),
        ("client-addresses", "ok", facts(Options(), database={"sessions": (used(address="::1"),)})),
        ("client-addresses", "ok", facts(Options(public_origin="http://["))),
        ("lifetimes", "note", facts(Options(idle_ttl=2, absolute_ttl=1))),
        ("passwords", "note", facts(Options(min_password=14))),
        ("sign-up", "note", facts(replace(PUBLIC, signup="open"))),
        ("sign-up", "ok", facts(Options(signup="open"))),
        ("root-key", "unsafe", facts(root_key={"error": "no"})),
        ("root-key", "unsafe", facts(root_key={"exists": False})),
        ("root-key", "note", facts(root_key={"exists": False}, database={"keys": ()})),
        (
            "root-key",
            "note",
            facts(root_key={"exists": False}, database={"keys": (key("a", 1, 2),)}),
        ),
        ("root-key", "ok", facts(root_key={"path": None})),
        ("root-key-place", "warning", facts(root_key={"path": Path("/srv/data/root.key")})),
        ("root-key-place", "ok", facts(root_key={"path": None})),
        ("root-key-place", "ok", facts(database={"path": None})),
        ("root-key-folder", "warning", facts(root_key={"folder_mode": 0o770})),
        ("root-key-folder", "warning", facts(root_key={"folder_mode": 0o702})),
        ("root-key-folder", "ok", facts(root_key={"folder_mode": 0o755})),
        ("sealed-keys", "unsafe", facts(sealed="no")),
        ("database", "unsafe", facts(database={"error": "is read-only"})),
        ("database", "warning", facts(database={"path": None})),
        ("database", "note", facts(database={"exists": False})),
        ("database", "note", facts(database={"ours": False})),
        ("journal", "warning", facts(database={"journal": "delete"})),
        ("file-system", "unsafe", facts(database={"filesystem": "nfs4"})),
        ("file-system", "ok", facts(database={"filesystem": "ext4"})),
        ("readers", "warning", facts(database={"mode": 0o644})),
        ("readers", "ok", facts(database={"mode": 0o640})),
        ("disk-space", "warning", facts(database={"free": 50 * 2**20})),
        ("clock", "warning", facts(database={"sessions": (used(NOW + 61),)})),
        ("clock", "ok", facts(database={"sessions": (used(NOW + 60),)})),
        ("clock", "ok", facts(database={"sessions": (used(NOW - 30 * DAY),)})),
        ("clock", "note", facts(database={"sessions": (used(NOW - 30 * DAY - 1),)})),
        ("signing-key", "note", facts(database={"keys": (key("a", NOW - 90 * DAY - 1),)})),
        ("signing-key", "ok", facts(database={"keys": (key("a", NOW - 90 * DAY),)})),
        ("signing-key", "ok", facts(database={"keys": (key("a", NOW + DAY),)})),
        ("signing-key", "ok", facts(database={"keys": ()})),
        ("signing-key", "unsafe", facts(database={"keys": (key("a", 1, 2), key("b", None))})),
        ("next-key", "warning", facts(database={"keys": (key("a", 1),)})),
        ("next-key", "warning", facts(database={"keys": (key("a", 1), key("b", None, 2))})),
        ("next-key", "ok", facts(database={"keys": ()})),
    ],
)
def test_a_check_tells_a_good_setup_from_a_bad_one(name: str, severity: str, told: Facts) -> None:
    finding = CHECKS[name](told)
    assert finding.severity == severity, finding
    assert bool(finding.do) or severity in ("ok", "note")


@pytest.mark.parametrize(
    ("name", "told", "says"),
    [
        ("journal", facts(database={"exists": False}), "no database file"),
        ("readers", facts(database={"path": None, "mode": 0o777}), "no database file"),
        ("readers", facts(database={"exists": False, "mode": 0o777}), "no database file"),
        ("journal", facts(database={"error": "no", "journal": ""}), "no database file"),
        ("journal", facts(database={"ours": False, "journal": "delete"}), "no database file"),
        ("sealed-keys", facts(root_key={"keys": None}), "were not tried"),
        ("sealed-keys", facts(database={"keys": ()}), "No signing keys"),
        ("clock", facts(database={"sessions": ()}), "no session to compare it with"),
        ("client-addresses", facts(database={"sessions": ()}), "Nobody is logged in"),
        ("client-addresses", facts(), "None of 1 session seems"),
        ("client-addresses", facts(Options()), "this machine alone"),
        ("next-key", facts(database={"keys": ()}), "There are no signing keys"),
        ("next-key", facts(), "The next signing key, next, waits"),
    ],
)
def test_what_was_not_looked_at_is_said_and_not_praised(name: str, told: Facts, says: str) -> None:
    finding = CHECKS[name](told)
    assert (finding.severity, finding.do) == ("ok", "")
    assert says in finding.says


def test_a_finding_about_the_root_key_does_not_say_its_advice_twice() -> None:
    sealed = "They are sealed under another root key: give the one this database was used with."
    finding = CHECKS["sealed-keys"](facts(sealed=sealed))
    assert finding.says == sealed
    assert "used with" not in finding.do


def test_a_file_system_is_that_of_the_nearest_mount() -> None:
    mounts = "/dev/a / ext4 rw 0 0\nsrv:/x /srv nfs4 rw 0 0\n/dev/b /srv/my\\040data xfs rw 0 0\n"
    assert filesystem_of(Path("/home/doorward.db"), mounts) == "ext4"
    assert filesystem_of(Path("/srv/doorward.db"), mounts) == "nfs4"
    assert filesystem_of(Path("/srv/my data/doorward.db"), mounts) == "xfs"
    assert filesystem_of(Path("/srv/doorward.db"), "") == ""


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"public_origin": "http://login.example"}, "plain http"),
        ({"trusted_proxies": ("nonsense",)}, "trusted proxies"),
        ({"touch_every": 9, "idle_ttl": 10}, "touch_every"),
        ({"tls_cert": "/nowhere", "tls_key": "/nowhere"}, "TLS certificate"),
    ],
)
async def test_what_a_server_would_refuse_is_found_without_starting_one(
    tmp_path: Path, options: dict[str, Any], why: str
) -> None:
    given = Options(database=f"sqlite:///{tmp_path}/x.db", root_key_file="/nowhere", **options)
    found = await gather(given, {}, lambda: NOW)
    assert why in (found.refusal or "")


@pytest.mark.anyio
async def test_without_a_home_the_root_key_has_no_place(tmp_path: Path) -> None:
    found = await gather(Options(database=f"sqlite:///{tmp_path}/x.db"), {}, lambda: NOW)
    assert "has no default place" in (found.root_key.error or "")


# --- the command --------------------------------------------------------------------------------


def severities(desk: Desk, *words: str, status: int = 0, **environment: str) -> dict[str, str]:
    done = desk.run("doctor", *words, **environment)
    assert done.status == status, done.out
    lines = [line.split() for line in done.out.splitlines() if line and line[0] != " "]
    return {name: severity for severity, name, *_ in lines if name in CHECKS}


def test_before_the_first_start_nothing_is_unsafe_and_nothing_is_made(desk: Desk) -> None:
    found = severities(desk)
    assert found.keys() == CHECKS.keys()
    assert (found["root-key"], found["database"]) == ("note", "note")
    assert list(desk.folder.iterdir()) == []


def test_looking_at_a_running_server_disturbs_nothing(beside: Beside) -> None:
    found = beside.desk.data("doctor")
    by_name = {each.pop("check"): each for each in found["findings"]}
    assert by_name.keys() == CHECKS.keys()
    assert {frozenset(each) for each in by_name.values()} == {frozenset({"severity", "says", "do"})}
    assert found["unsafe"] == 0
    assert by_name["root-key-place"]["severity"] == "warning"
    assert by_name["journal"]["severity"] == "ok"
    assert beside.visitor.http.get("/healthz").status_code == 200


def test_what_is_unsafe_is_told_by_the_status_too(desk: Desk) -> None:
    assert severities(desk, "--host", EVERYWHERE, status=1)["transport"] == "unsafe"
    found = severities(desk, status=1, DOORWARD_ROOT_KEY="A" * 43)
    assert found["root-key"] == "unsafe"


def test_a_root_key_that_others_can_read_is_unsafe(desk: Desk) -> None:
    desk.data("users", "create", "ann@example.test", "--no-password")
    assert severities(desk)["root-key"] == "ok"
    desk.root_key_file.chmod(0o640)
    desk.root_key_file.parent.chmod(0o777)
    found = severities(desk, status=1)
    assert (found["root-key"], found["root-key-folder"]) == ("unsafe", "warning")


def test_sealed_keys_and_another_root_key_or_none_are_unsafe(beside_tokens: Beside) -> None:
    away = beside_tokens.desk.folder / "away" / "root.key"
    options = ("--root-key-file", str(away))
    assert severities(beside_tokens.desk, *options, status=1)["root-key"] == "unsafe"
    assert not away.exists()
    other = "kS4Zp1mJ0w8nQvT3yXcB7dEfGhLrUaOi2sM5NtPq6Vw"
    found = severities(beside_tokens.desk, status=1, DOORWARD_ROOT_KEY=other)
    assert (found["root-key"], found["sealed-keys"]) == ("ok", "unsafe")


def test_a_file_that_is_no_database_is_unsafe_and_another_ones_is_left_alone(desk: Desk) -> None:
    path = desk.folder / "doorward.db"
    path.write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    assert severities(desk, status=1)["database"] == "unsafe"
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE other (x)")
    before = path.read_bytes()
    assert severities(desk)["database"] == "note"
    assert path.read_bytes() == before


def test_a_database_that_another_program_keeps_locked_cannot_be_used(desk: Desk) -> None:
    keep(desk, seen("s", NOW))
    with closing(sqlite3.connect(desk.folder / "doorward.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        done = desk.run("doctor")
        connection.execute("ROLLBACK")
    assert done.status == 1
    assert "is locked by another program" in done.out
    assert severities(desk)["database"] == "ok"


def test_wrong_usage_is_told_apart(desk: Desk) -> None:
    done = desk.run("doctor", "--frob")
    assert (done.status, done.out) == (2, "")
