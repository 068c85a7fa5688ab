"""`doorward doctor`: every check by a table, and the command on real files."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from doorward import Device
from doorward.cli.certificate import Certificate, look_at
from doorward.cli.checks import CHECKS
from doorward.cli.database_probe import Held, filesystem_of, look
from doorward.cli.doctor_facts import Facts, RootKey, gather
from doorward.cli.reaching import Reached
from doorward.keys import RootKeys
from doorward.server.db.url_security import OpenWay
from doorward.server.mail.relay import parse_relay
from doorward.server.options import Options
from doorward.stores import open_store
from doorward.testing.contract.rows import a_session, add
from doorward.types import SigningKey
from tests.support.certificate import encrypt_key, make_certificate
from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.readonly import make_read_only
from tests.support.server import clean_environment
from tests.support.until import PATIENCE
from tests.support.valkey import Valkey

from .conftest import Beside
from .desk import Desk
from .test_sessions import keep, seen

DAY = 86400
NEWER = "UPDATE doorward_schema SET version_num = '9999'"
ROOT = RootKeys((bytes(32),), "test")
NOW = 1_800_000_000
PUBLIC = Options(public_origin="https://login.example", trusted_proxies=("10.0.0.1",))
EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is only looked at


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(NEWER)


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


RELAY, FROM = parse_relay("smtp://mail.example"), "login@mail.example"


def facts(
    options: Options = PUBLIC,
    root_key: Mapping[str, Any] | None = None,
    database: Mapping[str, Any] | None = None,
    **more: Any,
) -> Facts:
    """A setup in which everything is in order, but for what a test says."""
    keys = (key("now", NOW - DAY), key("next", None))
    here: dict[str, Any] = {"path": Path("/srv/keys/root.key"), "keys": ROOT}
    place = "/srv/data/doorward.db"
    there: dict[str, Any] = {"place": place, "path": Path(place)}
    return Facts(
        options=options,
        now=NOW,
        root_key=RootKey(**(here | dict(root_key or {}))),
        databases=(Held(**(there | dict(database or {}))),),
        **({"keys": keys, "logins": (used(),)} | more),
    )


POSTGRES = {"place": "postgresql://db/app", "path": None}
REDIS = {"place": "redis://cache/0", "path": None}

OF_ROWS = (
    *("modes", "client-addresses"),
    *("sealed-keys", "moved", "clock", "signing-key", "next-key"),
)
"""Checks of what is in a database: who is logged in, and by which keys."""

TLS = Options(public_origin="https://login.example", tls_cert="c", tls_key="k")
CERTIFICATE = Certificate(("login.example",), NOW - DAY, NOW + 60 * DAY, 0o600)


def certificate(**other: Any) -> Certificate:
    return replace(CERTIFICATE, **other)


RELAY = parse_relay("smtp://mail.example")
STRICT = replace(
    PUBLIC, min_password=15, signup="closed", smtp_url=RELAY, mail_from="login@mail.example"
)


def test_a_good_setup_is_in_order() -> None:
    found = {name: check(facts(STRICT)).severity for name, check in CHECKS.items()}
    assert found == dict.fromkeys(CHECKS, "ok")


@pytest.mark.parametrize(
    ("name", "severity", "told"),
    [
        ("options", "unsafe", facts(refusal="no")),
        ("variables", "warning", facts(slips=["DOORWARD_X is no variable."])),
        ("modes", "warning", facts(replace(PUBLIC, accept=("session", "token")))),
        ("modes", "warning", facts(replace(PUBLIC, mode="token", accept=("token", "session")))),
        ("modes", "ok", facts(replace(PUBLIC, mode="token", accept=("token",)), logins=())),
        ("modes", "warning", facts(replace(PUBLIC, mode="token"), logins=[used(NOW)])),
        ("modes", "ok", facts(replace(PUBLIC, mode="token"), logins=[used(NOW - 2 * DAY)])),
        ("transport", "unsafe", facts(Options(host=EVERYWHERE))),
        ("transport", "unsafe", facts(Options(host="192.0.2.1"))),
        ("transport", "ok", facts(Options())),
        ("transport", "ok", facts(Options(host="::1"))),
        ("transport", "note", facts(replace(PUBLIC, host=EVERYWHERE))),
        ("transport", "ok", facts(Options(host=EVERYWHERE, tls_cert="c", tls_key="k"))),
        ("transport", "unsafe", facts(Options(public_origin="http://login.example"))),
        ("public-origin", "note", facts(Options())),
        ("public-origin", "note", facts(Options(host=EVERYWHERE))),
        ("public-origin", "unsafe", facts(Options(public_origin="http://login.example"))),
        ("public-origin", "unsafe", facts(Options(public_origin="https://login.example/x"))),
        ("tls-certificate", "ok", facts()),
        ("tls-certificate", "note", facts(TLS)),
        ("tls-certificate", "ok", facts(TLS, certificate=CERTIFICATE)),
        ("tls-certificate", "ok", facts(TLS, certificate=certificate(names=("*.example",)))),
        ("tls-certificate", "warning", facts(TLS, certificate=certificate(names=("a.example",)))),
        ("tls-certificate", "warning", facts(TLS, certificate=certificate(names=("*.b.example",)))),
        ("tls-certificate", "warning", facts(TLS, certificate=certificate(ends=NOW + 13 * DAY))),
        ("tls-certificate", "unsafe", facts(TLS, certificate=certificate(ends=NOW))),
        ("tls-certificate", "unsafe", facts(TLS, certificate=certificate(begins=NOW + 1))),
        ("tls-key", "ok", facts()),
        ("tls-key", "ok", facts(TLS, certificate=certificate(key_mode=0o640))),
        ("tls-key", "warning", facts(TLS, certificate=certificate(key_mode=0o644))),
        ("public-origin", "ok", facts(Options(tls_cert="c", tls_key="k"))),
        (
            "trusted-origins",
            "note",
            facts(replace(PUBLIC, trusted_origin=("capacitor://localhost",))),
        ),
        ("trusted-origins", "note", facts(replace(PUBLIC, trusted_origin=("https://[",)))),
        (
            "trusted-origins",
            "ok",
            facts(replace(PUBLIC, trusted_origin=("https://a.login.example",))),
        ),
        ("proxies", "warning", facts(replace(PUBLIC, trusted_proxies=()))),
        ("proxies", "warning", facts(replace(PUBLIC, trusted_proxies=("nonsense",)))),
        ("proxies", "unsafe", facts(replace(PUBLIC, trusted_proxies=("0.0.0.0/0",)))),
        ("proxies", "unsafe", facts(replace(PUBLIC, trusted_proxies=("10.0.0.1", "::/0")))),
        ("proxies", "ok", facts(Options(tls_cert="c", tls_key="k"))),
        ("proxies", "ok", facts(Options())),
        ("https", "ok", facts()),
        ("https", "ok", facts(reached=Reached("missing"))),
        ("https", "note", facts(reached=Reached())),
        ("https", "note", facts(reached=Reached(error="no answer"))),
        ("https", "warning", facts(reached=Reached(untrusted="self-signed certificate"))),
        ("https", "warning", facts(reached=Reached("insecure", "The proxy says nothing."))),
        ("client-addresses", "warning", facts(logins=(used(address="10.0.0.1"),))),
        ("client-addresses", "warning", facts(logins=(used(address="::1"),))),
        ("client-addresses", "ok", facts(logins=(used(address=""),))),
        ("client-addresses", "ok", facts(Options(), logins=(used(address="::1"),))),
        ("client-addresses", "ok", facts(Options(public_origin="http://["))),
        ("lifetimes", "note", facts(Options(idle_ttl=2, absolute_ttl=1))),
        ("passwords", "note", facts(Options(min_password=14))),
        ("sign-up", "note", facts(replace(PUBLIC, signup="open"))),
        ("sign-up", "ok", facts(Options(signup="open"))),
        ("sign-up", "note", facts(Options(signup="open", host=EVERYWHERE))),
        ("verification", "note", facts(Options())),
        ("verification", "note", facts(Options(verify="later"))),
        ("verification", "note", facts(Options(smtp_url=RELAY, mail_from=FROM, verify="off"))),
        ("verification", "ok", facts(Options(smtp_url=RELAY, mail_from=FROM))),
        ("verification", "ok", facts(Options(verify="first"))),
        ("verification", "ok", facts(Options(signup="closed"))),
        ("mail", "warning", facts()),
        ("mail", "ok", facts(Options())),
        ("root-key", "unsafe", facts(root_key={"error": "no"})),
        ("root-key", "unsafe", facts(root_key={"exists": False})),
        ("root-key", "note", facts(root_key={"exists": False}, keys=())),
        (
            "root-key",
            "note",
            facts(root_key={"exists": False}, keys=(key("a", 1, 2),)),
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
        ("database", "warning", facts(database={"path": None, "place": None})),
        ("database", "note", facts(database={"exists": False})),
        ("database", "note", facts(database={"ours": False})),
        ("database-way", "warning", facts(database={"way": OpenWay("open", "close it")})),
        ("journal", "warning", facts(database={"journal": "delete"})),
        ("file-system", "unsafe", facts(database={"filesystem": "nfs4"})),
        ("file-system", "ok", facts(database={"filesystem": "ext4"})),
        ("readers", "warning", facts(database={"mode": 0o644})),
        ("readers", "ok", facts(database={"mode": 0o640})),
        ("disk-space", "warning", facts(database={"free": 50 * 2**20})),
        ("horizon", "ok", facts(database={"horizon": 60.0})),
        ("horizon", "warning", facts(database={"horizon": 61.0})),
        (
            "connections",
            "warning",
            facts(replace(PUBLIC, workers=7), database={"opens": 15, "takes": 97}),
        ),
        (
            "connections",
            "ok",
            facts(replace(PUBLIC, workers=6), database={"opens": 15, "takes": 97}),
        ),
        ("persistence", "warning", facts(database={"remarks": ("it does not tell",)})),
        ("clock", "warning", facts(logins=(used(NOW + 61),))),
        ("clock", "ok", facts(logins=(used(NOW + 60),))),
        ("clock", "ok", facts(logins=(used(NOW - 30 * DAY),))),
        ("clock", "note", facts(logins=(used(NOW - 30 * DAY - 1),))),
        ("signing-key", "note", facts(keys=(key("a", NOW - 90 * DAY - 1),))),
        ("signing-key", "ok", facts(keys=(key("a", NOW - 90 * DAY),))),
        ("signing-key", "ok", facts(keys=(key("a", NOW + DAY),))),
        ("signing-key", "ok", facts(keys=())),
        ("signing-key", "note", facts(keys=(key("a", NOW), key("id.b", NOW - 90 * DAY - 1)))),
        ("signing-key", "unsafe", facts(keys=(key("id.b", 1),))),
        ("signing-key", "unsafe", facts(keys=(key("a", 1, 2), key("b", None)))),
        ("next-key", "warning", facts(keys=(key("a", 1),))),
        ("next-key", "warning", facts(keys=(key("a", 1), key("b", None, 2)))),
        ("next-key", "ok", facts(keys=())),
        ("next-key", "warning", facts(keys=(key("a", 1), key("id.b", 1), key("b", None)))),
        ("next-key", "warning", facts(keys=(key("a", 1), key("id.b", 1), key("id.c", None)))),
        (
            "next-key",
            "ok",
            facts(keys=(key("a", 1), key("id.b", 1), key("c", None), key("id.d", None))),
        ),
    ],
)
def test_a_check_tells_a_good_setup_from_a_bad_one(name: str, severity: str, told: Facts) -> None:
    finding = CHECKS[name](told)
    assert finding.severity == severity, finding
    assert bool(finding.do) or severity in ("ok", "note")


@pytest.mark.parametrize(
    ("name", "told", "says"),
    [
        ("modes", facts(replace(PUBLIC, mode="token"), logins=()), "in token mode alone"),
        ("journal", facts(database={"exists": False}), "no database file"),
        ("readers", facts(database={"path": None, "mode": 0o777}), "no database file"),
        ("readers", facts(database={"exists": False, "mode": 0o777}), "no database file"),
        ("journal", facts(database={"error": "no", "journal": ""}), "no database file"),
        ("journal", facts(database={"ours": False, "journal": "delete"}), "no database file"),
        ("file-system", facts(), "doorward.db is on one that has no name here"),
        ("file-system", facts(database=POSTGRES), "no database file"),
        ("disk-space", facts(database={"free": 2**30}), "has 1024 MiB left"),
        ("disk-space", facts(database=POSTGRES), "watch the disks of the servers"),
        ("database-way", facts(), "No database is reached over a network"),
        ("database-way", facts(database=POSTGRES), "The traffic to postgresql://db/app cannot"),
        ("horizon", facts(), "No PostgreSQL is in use"),
        ("horizon", facts(database=POSTGRES), "none is 60 s old"),
        ("horizon", facts(database=POSTGRES | {"error": "no"}), "PostgreSQL was not reached"),
        ("persistence", facts(), "No Redis is in use"),
        ("persistence", facts(database=REDIS), "keeps its append-only file"),
        ("persistence", facts(database=REDIS | {"error": "no"}), "was not reached"),
        ("sealed-keys", facts(root_key={"keys": None}), "were not tried"),
        ("sealed-keys", facts(keys=()), "No signing keys"),
        ("clock", facts(logins=()), "no session to compare it with"),
        ("client-addresses", facts(logins=()), "Nobody is logged in"),
        ("client-addresses", facts(), "None of 1 session seems"),
        ("client-addresses", facts(Options()), "this machine alone"),
        ("next-key", facts(keys=()), "There are no signing keys"),
        ("next-key", facts(), "The next signing key, next, waits"),
    ],
)
def test_what_was_not_looked_at_is_said_and_not_praised(name: str, told: Facts, says: str) -> None:
    finding = CHECKS[name](told)
    assert (finding.severity, finding.do) == ("ok", "")
    assert says in finding.says


def test_where_one_of_two_databases_cannot_be_read_nothing_is_said_of_its_rows() -> None:
    good = facts(STRICT)
    told = replace(good, databases=(*good.databases, replace(good.databases[0], error="no")))
    found = {name: check(told).severity for name, check in CHECKS.items()}
    assert {name for name in found if found[name] != "ok"} == {"database", *OF_ROWS}
    assert {found[name] for name in OF_ROWS} == {"note"}


def test_what_was_found_is_told_also_where_something_else_cannot_be_read() -> None:
    told = facts(database={"error": "no"}, sealed="no", keys=(key("a", 1),))
    assert [CHECKS[name](told).severity for name in ("sealed-keys", "next-key")] == [
        "unsafe",
        "warning",
    ]


@pytest.mark.parametrize(
    ("database", "do"),
    [
        (POSTGRES, "Is it running, and does --database name it?"),
        (REDIS | {"option": "--sessions"}, "Is it running, and does --sessions name it?"),
        ({}, "Does --database name the right file, and may the server write it and its folder?"),
    ],
)
def test_what_to_do_about_a_database_out_of_reach_can_be_done(
    database: dict[str, Any], do: str
) -> None:
    assert CHECKS["database"](facts(database=database | {"error": "no answer"})).do == do


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
        ({"trusted_origin": ("*",)}, "would trust every site"),
        ({"touch_every": 9, "idle_ttl": 10}, "--touch-every above half of --idle-ttl"),
        ({"tls_cert": "/nowhere", "tls_key": "/nowhere"}, "--tls-cert"),
    ],
)
async def test_what_a_server_would_refuse_is_found_without_starting_one(
    tmp_path: Path, options: dict[str, Any], why: str
) -> None:
    given = Options(database=f"sqlite:///{tmp_path}/x.db", root_key_file="/nowhere", **options)
    found = await gather(given, {}, lambda: NOW)
    assert why in (found.refusal or "")


@pytest.mark.anyio
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
async def test_a_key_under_a_pass_phrase_is_refused_and_nobody_is_asked_for_it(
    tmp_path: Path, form: PrivateFormat
) -> None:
    make_certificate(tmp_path)
    encrypt_key(tmp_path, form)
    given = Options(
        database=f"sqlite:///{tmp_path}/x.db",
        root_key_file="/nowhere",
        tls_cert=f"{tmp_path}/cert.pem",
        tls_key=f"{tmp_path}/locked.pem",
    )
    refusal = (await gather(given, {}, lambda: NOW)).refusal or ""
    assert f"{tmp_path}/locked.pem of --tls-key is encrypted" in refusal
    assert "openssl pkey -in" in refusal


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
    said = [each["says"] for each in desk.data("doctor")["findings"]]
    assert said.count("There is no database file of Doorward here yet.") == 3


def test_of_what_cannot_be_read_nothing_is_said_to_be_in_order(desk: Desk) -> None:
    nobody_there = f"postgresql://ann@127.0.0.1:{free_port()}/x"
    found = severities(desk, "--database", nobody_there, status=1)
    assert [found[name] for name in OF_ROWS] == ["note"] * len(OF_ROWS)


WITHOUT_DRIVER = """
import json, sys
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
sys.modules["asyncpg"] = None
from doorward.cli import main
found = {}
for words in json.load(sys.stdin):
    said = TextIOWrapper(BytesIO(), "utf-8", write_through=True)
    with redirect_stdout(said), redirect_stderr(said):
        status = main(words.split())
    found[words] = status, said.buffer.getvalue().decode()
print(json.dumps(found))
"""


@pytest.mark.process
def test_without_a_driver_a_command_says_what_to_install(tmp_path: Path) -> None:
    commands = ["serve", "migrate", "users list", "sessions list", "doctor"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER],
        input=json.dumps(commands),
        env=clean_environment() | {"DOORWARD_DATABASE": "postgresql://ann@localhost/x"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == commands
    for words, (status, said) in found.items():
        assert (words, status) == (words, 1)
        assert "pip install asyncpg, or" in said, words


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


@pytest.mark.engine
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


@pytest.mark.engine
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


@pytest.mark.engine
def test_a_database_that_another_program_keeps_locked_cannot_be_used(desk: Desk) -> None:
    keep(desk, seen("s", NOW))
    with closing(sqlite3.connect(desk.folder / "doorward.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        done = desk.run("doctor")
        connection.execute("ROLLBACK")
    assert done.status == 1
    assert "is locked by another program" in done.out
    assert severities(desk)["database"] == "ok"


def test_a_slip_in_the_name_of_a_variable_is_a_warning_that_names_the_right_one(desk: Desk) -> None:
    slips = {"DOORWARD_MIN_PASWORD": "15", "DOORWARD_PUBLIC_ORIGN": "https://x.test"}
    done = desk.run("doctor", **slips, DOORWARD_QQQQ="s3cret", DOORWARD_ROOT_KEY="k" * 43)
    assert "DOORWARD_MIN_PASWORD is no variable of Doorward" in done.out
    assert "is DOORWARD_MIN_PASSWORD meant?" in done.out
    assert "is DOORWARD_PUBLIC_ORIGIN meant?" in done.out
    assert "DOORWARD_QQQQ is no variable of Doorward and changes nothing.\n" in done.out
    assert "s3cret" not in done.out
    assert done.out.count(" is no variable") == 3
    found = severities(desk, DOORWARD_MIN_PASWORD="15")
    assert found["variables"] == "warning"
    assert severities(desk)["variables"] == "ok"


def test_wrong_usage_is_told_apart(desk: Desk) -> None:
    done = desk.run("doctor", "--frob")
    assert (done.status, done.out) == (2, "")


# --- users and sessions apart -------------------------------------------------------------------


def test_of_two_databases_the_worse_one_is_told(desk: Desk, postgres: Postgres) -> None:
    away = replace(desk, database=postgres.new_database())
    sessions = f"sqlite:///{desk.folder}/sessions.db"
    away.data("migrate", "--sessions", sessions)
    assert severities(away, "--sessions", sessions)["database"] == "ok"
    (desk.folder / "sessions.db").chmod(0o644)
    assert severities(away, "--sessions", sessions)["readers"] == "warning"
    (desk.folder / "sessions.db").write_bytes(b"garbage!" * 2000)
    assert severities(away, "--sessions", sessions, status=1)["database"] == "unsafe"


def test_a_store_that_does_not_answer_is_unsafe_and_its_password_is_not_told(
    desk: Desk, postgres: Postgres
) -> None:
    away = replace(desk, database=postgres.new_database())
    for scheme in ("postgresql", "redis"):
        gone = f"{scheme}://someone:s3cret@127.0.0.1:{free_port()}/0"
        for words in (("--sessions", gone), ("--database", gone)):
            done = away.run("doctor", *words)
            assert done.status == 1
            assert "unsafe   database" in done.out
            assert "s3cret" not in done.out + done.err
    known = replace(away, database=away.database.replace("postgres@", "postgres:s3cret@"))
    known.data("migrate")
    done = known.run("doctor")
    assert f"{away.database} can be used" in done.out
    assert "s3cret" not in done.out


def test_the_connections_of_all_workers_are_added_up(desk: Desk, postgres: Postgres) -> None:
    away = replace(desk, database=postgres.new_database())
    takes = int(postgres.execute("SHOW max_connections")) - 3
    away.data("migrate")
    assert f"opens up to 15 connections to {away.database}, which accepts {takes}" in (
        away.run("doctor").out
    )
    assert severities(away, "--workers", str(takes // 15))["connections"] == "ok"
    assert severities(away, "--workers", str(takes // 15 + 1))["connections"] == "warning"


@pytest.mark.anyio
async def test_a_transaction_that_is_open_is_found(postgres: Postgres) -> None:
    options = Options(database=postgres.new_database())
    store = open_store(options.database)
    await store.keys()
    await store.close()
    connection = await asyncpg.connect(options.database)
    await connection.execute("BEGIN; SELECT pg_current_xact_id()")
    (held,), _, _ = await look(options)
    await connection.close()
    assert held.error is None
    assert held.horizon > 0


@pytest.mark.anyio
@pytest.mark.engine
async def test_grants_are_no_logins_in_another_mode(tmp_path: Path) -> None:
    options = Options(database=f"sqlite:///{tmp_path}/doorward.db")
    store = open_store(options.database)
    await add(store, a_session("a", audience="https://api.example"), a_session("b"))
    await store.close()
    _, _, logins = await look(options)
    assert [login.sid for login in logins] == ["b"]


def test_a_valkey_that_may_forget_is_unsafe(desk: Desk, valkey: Valkey) -> None:
    elsewhere = ("--sessions", valkey.url)
    assert severities(desk, *elsewhere)["persistence"] == "ok"
    valkey.ask("CONFIG", "SET", "appendonly", "no")
    try:
        assert "appendonly no" in desk.run("doctor", *elsewhere).out
        assert severities(desk, *elsewhere, status=1)["database"] == "unsafe"
    finally:
        valkey.ask("CONFIG", "SET", "appendonly", "yes")


def test_a_valkey_that_is_full_is_unsafe(desk: Desk, valkey: Valkey) -> None:
    elsewhere = ("--sessions", valkey.url)
    assert severities(desk, *elsewhere)["database"] == "note"
    valkey.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        assert severities(desk, *elsewhere, status=1)["database"] == "unsafe"
        assert "memory" in desk.run("doctor", *elsewhere).out
    finally:
        valkey.ask("CONFIG", "SET", "maxmemory", "0")


# --- what a server would refuse -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (NEWER, "newer version"),
        ("ALTER DATABASE {name} SET default_transaction_read_only = on", "read-only"),
        ("REVOKE INSERT ON doorward_letters FROM {name}", "write rows in doorward_letters"),
        ("REVOKE UPDATE, DELETE ON doorward_users FROM {name}", "write rows in doorward_users"),
    ],
)
def test_a_postgresql_that_no_server_could_start_with_is_unsafe(
    desk: Desk, postgres: Postgres, sql: str, says: str
) -> None:
    owned = replace(desk, database=postgres.new_database())
    owned.data("migrate")
    name = owned.database.rpartition("/")[2]
    postgres.execute(f"CREATE ROLE {name} LOGIN", owned.database)
    postgres.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}", owned.database)
    away = replace(owned, database=owned.database.replace("postgres@", f"{name}@"))
    assert "can be used" in away.run("doctor").out
    postgres.execute(sql.format(name=name), owned.database)
    for options in ((), ("--sessions", "memory:")):
        done = away.run("doctor", *options)
        assert done.status == 1
        assert says in done.out
    assert says in away.run("serve", "--port", "0").err


@pytest.mark.engine
@pytest.mark.parametrize(
    ("break_it", "says"), [(make_newer, "newer version"), (make_read_only, "readonly")]
)
def test_a_file_of_users_that_no_server_could_start_with_is_unsafe(
    desk: Desk, break_it: Callable[[Path], None], says: str
) -> None:
    apart = ("--sessions", f"sqlite:///{desk.folder}/sessions.db")
    desk.data("migrate", *apart)
    break_it(desk.folder / "doorward.db")
    done = desk.run("doctor", *apart)
    assert (done.status, says in done.out) == (1, True)


def test_a_certificate_tells_its_names_its_times_and_who_can_read_its_key(tmp_path: Path) -> None:
    make_certificate(tmp_path)
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    key.chmod(0o644)
    found = look_at(Options(tls_cert=str(cert), tls_key=str(key)))
    assert found is not None
    assert (found.names, found.key_mode) == (("localhost",), 0o644)
    assert found.ends - found.begins == 3 * DAY
    cert.write_text("no PEM")
    assert look_at(Options(tls_cert=str(cert), tls_key=str(key))) is None
    assert look_at(Options()) is None


def test_what_is_said_of_a_server_that_others_reach_does_not_contradict_itself() -> None:
    told = facts(Options(host=EVERYWHERE))
    said = [CHECKS[name](told).says for name in ("transport", "public-origin", "client-addresses")]
    assert "this machine alone" not in " ".join(said)
    assert "reach 0.0.0.0" not in said[0]
