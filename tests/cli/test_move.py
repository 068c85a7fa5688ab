"""`doorward move`: everything is at the target, and the source is closed."""

import asyncio
import json
import shlex
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from doorward.auth import Auth
from doorward.cli.moved_notice import unsealing
from doorward.errors import Reason, Rejected
from doorward.open import open_auth
from doorward.server.move import moving, read_only
from doorward.server.options import Options
from doorward.settings import Settings
from doorward.stores.read_only import BEING_MOVED, MOVED, closed_in_sqlite
from doorward.types import Device, Issued
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey

from .desk import Desk

T = TypeVar("T")

ENGINES = ("postgres", "valkey")
"""Those that are processes of their own."""


@pytest.fixture
def there(desk: Desk, postgres: Postgres) -> Desk:
    """The same desk at an empty PostgreSQL."""
    return replace(desk, database=postgres.new_database())


def at(url: str, desk: Desk, act: Callable[[Auth], Awaitable[T]]) -> T:
    """What an application in token mode does with the sessions at this URL."""

    async def done() -> T:
        settings = Settings(mode="token", public_origin="http://localhost")
        auth = await open_auth(url, settings, root_key_file=desk.root_key_file, environ={})
        try:
            return await act(auth)
        finally:
            await auth.store.close()

    return asyncio.run(done())


async def login(auth: Auth, subject: str) -> Issued:
    attempt = await auth.attempt()
    return await attempt.login(subject, device=Device())


def why_not(auth: Auth, token: str) -> Awaitable[Reason]:
    async def asked() -> Reason:
        with pytest.raises(Rejected) as refused:
            await auth.authenticate(token)
        return refused.value.reason

    return asked()


def test_users_history_keys_and_sessions_are_at_the_target(desk: Desk, there: Desk) -> None:
    ann = desk.create("ann@example.test", "--role", "admin")
    kept = at(desk.database, desk, lambda auth: login(auth, ann))
    head = desk.run("audit", "verify").out
    moved = desk.data("move", "--from", desk.database, "--to", there.database)
    assert (moved["sessions"], moved["users"], moved["keys"]) == (1, 1, 2)
    assert (moved["tickets"], moved["limits"]) == (0, 0)
    assert 2 <= len(moved["pass_seconds"]) <= 5
    assert 0 < moved["pause_seconds"] < 30
    next_step = f"--database {there.database}, the same root key, and all their other options as"
    assert next_step in moved["next"]
    assert [user["subject"] for user in there.data("users", "list")["users"]] == [ann]
    assert there.run("audit", "verify").out == head
    principal = at(there.database, there, lambda auth: auth.authenticate(kept.credential))
    assert (principal.subject, principal.sid) == (ann, kept.session.sid)
    at(there.database, there, lambda auth: auth.refresh(kept.refresh_token or ""))


def test_a_token_from_before_a_decision_does_not_come_to_life(desk: Desk, there: Desk) -> None:
    ann = desk.create("ann@example.test")
    ended = at(desk.database, desk, lambda auth: login(auth, ann))
    changed = at(desk.database, desk, lambda auth: login(auth, "b"))
    at(desk.database, desk, lambda auth: auth.revoke(sid=ended.session.sid))
    at(desk.database, desk, lambda auth: auth.change("b", roles={"editor"}))
    desk.data("move", "--from", desk.database, "--to", there.database)
    reason = at(there.database, there, lambda auth: why_not(auth, ended.credential))
    assert reason == Reason.REVOKED
    principal = at(there.database, there, lambda auth: auth.authenticate(changed.credential))
    assert principal.roles == {"editor"}


@pytest.fixture(
    params=["sqlite", *(pytest.param(each, marks=pytest.mark.process) for each in ENGINES)]
)
def old(request: pytest.FixtureRequest, desk: Desk, tmp_path: Path) -> tuple[str, ...]:
    """The options of a server whose databases were moved to one file."""
    options: tuple[str, ...] = ("--database", desk.database)
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        options = ("--database", postgres.new_database())
    elif request.param == "valkey":
        valkey: Valkey = request.getfixturevalue("valkey")
        options = (*options, "--sessions", valkey.url)
    desk.data("migrate", *options)
    names = {"--database": "--from", "--sessions": "--sessions-from"}
    desk.data("move", *(names.get(word, word) for word in options), "--to", new(tmp_path))
    return options


def new(folder: Path) -> str:
    return f"sqlite:///{folder}/new, it's said.db"


@pytest.mark.engine
def test_no_server_starts_with_what_was_moved_and_each_command_says_where_to(
    desk: Desk, tmp_path: Path, old: tuple[str, ...]
) -> None:
    sessions = f" --sessions {shlex.quote(new(tmp_path))}" if "--sessions" in old else ""
    where = f"was moved to --database {shlex.quote(new(tmp_path))}{sessions}, and nothing"
    for command in (("serve", "--port", "0"), ("migrate",)):
        refused = desk.refusal(*command, *old)
        assert where in refused
        assert "start with those options, the same root key, and all others as before" in refused
    refused = desk.refusal("users", "create", "bob@example.test", "--no-password", *old)
    assert refused.startswith(
        f"Nothing was changed, for this {where.removesuffix(', and nothing')}: "
    )
    listed = desk.run("users", "list", *old)
    assert (listed.status, where in listed.err) == (0, True)
    found = desk.run("doctor", *old, "--json")
    assert found.status == 1
    finding = {each["check"]: each for each in json.loads(found.out)["findings"]}["moved"]
    assert finding["severity"] == "unsafe"
    assert where in finding["says"]
    again = finding["do"].partition("go back: doorward ")[2].split()
    assert desk.run(*again).status == 0
    assert desk.run("migrate", *old).status == 0
    assert desk.run("users", "list", *old).err == ""


@pytest.mark.engine
def test_what_a_seal_says_cannot_steer_the_terminal(desk: Desk) -> None:
    """Who can write to a database could write to the operator's screen, too."""
    desk.data("migrate")
    with closing(sqlite3.connect(desk.folder / "doorward.db")) as file:
        for statement in closed_in_sqlite(["doorward_users"], f"{MOVED} \x1b[2J\nnowhere"):
            file.execute(statement)
    listed, found = desk.run("users", "list"), desk.run("doctor")
    for said in (listed.err, found.out):
        assert r"moved to \x1b[2J\nnowhere" in said
        assert "\x1b" not in said


def test_a_move_that_was_killed_is_not_taken_for_one_that_was_done(desk: Desk, there: Desk) -> None:
    desk.create("ann@example.test")

    async def killed() -> None:
        async with moving.opened(desk.database, desk.database) as place:
            await read_only.seal(place.database, f"{BEING_MOVED} --database {there.database}")

    asyncio.run(killed())
    for words in (
        ("move", "--from", desk.database, "--to", there.database),
        ("serve", "--port", "0", "--database", desk.database),
    ):
        refused = desk.refusal(*words)
        assert f"is being moved to --database {there.database}, and nothing is written" in refused
        assert "wait for `doorward move`; if it is not running any more, go back with" in refused
    refused = desk.refusal("users", "create", "bob@example.test", "--no-password")
    assert refused.startswith("Nothing was changed, for this is being moved to --database")
    assert "once `doorward move` is done" in refused


def test_the_command_that_opens_it_again_names_the_same_tables_to_a_shell() -> None:
    url = "postgresql://ann:secret@db/app?search_path=app&sslmode=verify-full"
    words = shlex.split(unsealing(Options(database=url, sessions="redis://:secret@cache/0")))
    assert words == [
        *("doorward", "move", "--from", url.replace(":secret", "")),
        *("--sessions-from", "redis://cache/0", "--unseal"),
    ]


def test_the_source_is_closed_until_it_is_unsealed(desk: Desk, there: Desk) -> None:
    desk.create("ann@example.test")
    said = desk.run("move", "--from", desk.database, "--to", there.database)
    assert said.status == 0, said.err
    assert "The pause begins" in said.err
    assert said.out.startswith(
        "Moved 1 user, 0 sessions, 0 signing keys, 1 entry of the audit log,"
        " 0 letters that wait to be sent, 0 links that wait to be used"
        " and 0 counters of the limits.\n"
    )
    assert "the same root key" in said.out.splitlines()[-1]
    refused = desk.refusal("users", "create", "bob@example.test", "--no-password")
    assert refused == (
        f"Nothing was changed, for this was moved to --database {there.database}:"
        " give the command those options."
    )
    assert [user["email"] for user in desk.data("users", "list")["users"]] == ["ann@example.test"]
    again = desk.refusal("move", "--from", desk.database, "--to", there.database)
    assert again.startswith("This was moved already, and nothing is left to move. Stop the old")
    nowhere = f"{desk.database}.elsewhere"
    again = desk.refusal("move", "--from", desk.database, "--to", nowhere)
    assert f"was moved to --database {there.database}, and nothing is written" in again
    assert "is open again" in desk.run("move", "--from", desk.database, "--unseal").out
    desk.create("bob@example.test")


def test_it_goes_the_other_way_and_to_sessions_elsewhere(
    desk: Desk, there: Desk, valkey: Valkey, tmp_path: Path
) -> None:
    ann = desk.create("ann@example.test")
    kept = at(desk.database, desk, lambda auth: login(auth, ann))
    desk.data("move", "--from", desk.database, "--to", there.database, "--sessions-to", valkey.url)
    back = f"sqlite:///{tmp_path}/back.db"
    desk.data("move", "--from", there.database, "--sessions-from", valkey.url, "--to", back)
    assert valkey.ask("GET", "doorward:sealed").startswith("moved to ")
    assert desk.data("sessions", "list", "--database", back)["sessions"][0]["email"]
    assert at(back, desk, lambda auth: auth.authenticate(kept.credential)).subject == ann
    assert desk.run("audit", "verify", "--database", back).status == 0


def test_what_cannot_be_moved_is_refused_before_anything_is_written(
    desk: Desk, there: Desk, tmp_path: Path
) -> None:
    nowhere = f"sqlite:///{tmp_path}/nowhere.db"
    from_here = ("move", "--from", desk.database)
    assert "no database of a Doorward server" in desk.refusal(*from_here, "--to", there.database)
    at(desk.database, desk, lambda auth: login(auth, desk.create("ann@example.test")))
    assert "different databases" in desk.refusal(*from_here, "--to", desk.database)
    assert "in memory" in desk.refusal(*from_here, "--to", "memory:")
    assert "There is no folder" in desk.refusal(*from_here, "--to", f"sqlite:///{tmp_path}/no/x.db")
    strange = tmp_path / "strange.key"
    strange.write_text("c" * 43 + "\n")
    strange.chmod(0o600)
    words = ("--to", nowhere, "--root-key-file", str(strange))
    assert "root key" in desk.refusal(*from_here, *words)
    there.create("bob@example.test")
    assert "The target is not empty" in desk.refusal(*from_here, "--to", there.database)
    assert desk.run(*from_here).status == 2
    desk.create("carol@example.test")
