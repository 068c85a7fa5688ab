"""`doorward users`: decisions of the operator, which hold from the next request on."""

import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
from contextlib import closing
from secrets import token_hex

import pytest

from tests.support.ports import free_port
from tests.support.until import PATIENCE

from .conftest import Beside
from .desk import PASSWORD, Desk, command

LINK = re.compile(r"^(http://\S+/reset\?ticket=(\S+))$", re.MULTILINE)


def somebody() -> str:
    """An address nobody else uses on a server that many tests share."""
    return f"{token_hex(6)}@example.test"


# --- create -------------------------------------------------------------------------------------


def test_a_created_user_logs_in_with_the_password_from_stdin(beside: Beside) -> None:
    email = somebody()
    done = beside.desk.run(
        "users", "create", email, "--role", "b", "--role", "a", given=f"{PASSWORD}\n"
    )
    assert (done.status, done.err) == (0, "")
    assert re.fullmatch(
        rf"Created {email} with the roles a, b; the subject is u_[0-9a-f]{{32}}\.\n", done.out
    )
    token = beside.visitor.enter(email)["access_token"]
    assert beside.visitor.me(token).json()["roles"] == ["a", "b"]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_the_end_of_the_line_is_no_part_of_the_password(beside: Beside, end: str) -> None:
    email = somebody()
    assert beside.desk.run("users", "create", email, given=f"{PASSWORD}{end}").status == 0
    assert beside.visitor.login(email).status_code == 200


@pytest.mark.engine
def test_a_password_stands_in_no_file_and_no_output(desk: Desk) -> None:
    done = desk.run("users", "create", "ann@example.test", given=f"{PASSWORD}\n")
    assert PASSWORD not in done.out + done.err
    assert b"ann@example.test" in desk.bytes_at_rest()
    assert PASSWORD.encode() not in desk.bytes_at_rest()


def at_terminal(desk: Desk, *typed: str, interrupt: bool = False) -> tuple[int, str, str]:
    """`users create` on a terminal, with one Ctrl-C at the question behind what was typed, or none.
    Its status, its output, and what the terminal showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("users", "create", "ann@example.test"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=desk.environment,
        cwd=desk.folder,
        start_new_session=True,  # else it would ask on the terminal of whoever runs the tests
    )
    os.close(theirs)
    shown = b""
    for line in typed:
        shown += next_question(ours)
        os.write(ours, f"{line}\n".encode())
    if interrupt:
        shown += next_question(ours)
        process.send_signal(signal.SIGINT)
    try:
        out, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    try:
        while more := os.read(ours, 1024):
            shown += more
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.returncode, out.decode(), shown.decode()


def next_question(terminal: int) -> bytes:
    """What a terminal shows until it asks again."""
    shown = b""
    while b": " not in shown:
        assert select.select([terminal], [], [], PATIENCE)[0], f"it asked nothing: {shown!r}"
        shown += os.read(terminal, 1024)
    return shown


@pytest.mark.process
def test_on_a_terminal_the_password_is_typed_twice_and_not_shown(desk: Desk) -> None:
    status, out, shown = at_terminal(desk, PASSWORD, PASSWORD)
    assert status == 0
    assert out.startswith("Created ann@example.test")
    assert "New password: " in shown
    assert "The same again: " in shown
    assert PASSWORD not in shown + out


@pytest.mark.process
def test_two_different_passwords_make_no_user(desk: Desk) -> None:
    status, out, shown = at_terminal(desk, PASSWORD, PASSWORD + "s")
    assert (status, out) == (1, "")
    assert "The two passwords differ; nothing was done." in shown
    assert list(desk.folder.iterdir()) == []


@pytest.mark.process
@pytest.mark.parametrize("typed", [[], [PASSWORD]])
def test_one_interrupt_ends_the_question_and_makes_no_user(desk: Desk, typed: list[str]) -> None:
    status, out, shown = at_terminal(desk, *typed, interrupt=True)
    assert (status, out) == (1, "")
    assert shown.splitlines()[-1] == "doorward: Interrupted."
    assert list(desk.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "given", "why"),
    [
        (["ann@example.test"], "short\n", "needs at least 8 characters"),
        (["ann@example.test", "--min-password", "30"], f"{PASSWORD}\n", "at least 30 characters"),
        (["ann@example.test"], "1234567890\n", "first that attackers try"),
        (["ann@example.test"], f"{PASSWORD}\r\r\n", "control character"),
        (["ann@example.test"], f"a{PASSWORD}\tb\n", "control character"),
        (["ann@example.test"], "x" * 5000, "longer than 128 characters"),
        (["ann@example.test"], "", "--no-password"),
        (["ann"], f"{PASSWORD}\n", "does not look like an e-mail address"),
        pytest.param(
            *(["ann@example.test", "--role", "a b"], f"{PASSWORD}\n", "A role is"),
            marks=pytest.mark.engine,
        ),
        pytest.param(
            *(["ann@example.test", "--role", ".x"], f"{PASSWORD}\n", "a letter or digit first"),
            marks=pytest.mark.engine,
        ),
        (
            ["ann@example.test", *(f"--role={n:060}" for n in range(20))],
            f"{PASSWORD}\n",
            "too many or too long roles",
        ),
        (["ann@example.test", "--no-password", "--public-origin", "http://x.test"], "", "plain"),
        (["ann@example.test", "--database", "memory:"], f"{PASSWORD}\n", "in memory"),
        (["ann@example.test", "--database", "mysql://x"], f"{PASSWORD}\n", "not a database"),
    ],
)
def test_what_cannot_be_a_user_is_refused(
    desk: Desk, words: list[str], given: str, why: str
) -> None:
    assert why in desk.refusal("users", "create", *words, given=given)


@pytest.mark.engine
def test_an_address_is_given_once(desk: Desk) -> None:
    desk.create("ann@example.test")
    again = desk.refusal("users", "create", "ANN@example.test", given=f"{PASSWORD}\n")
    assert "already" in again
    assert len(desk.data("users", "list")["users"]) == 1


# --- reset-link ---------------------------------------------------------------------------------


def choose(beside: Beside, ticket: str, password: str) -> int:
    """Choose a password by a link.  The status of the answer."""
    form = {"ticket": ticket, "new": password}
    own = {"sec-fetch-site": "same-origin"}
    return beside.visitor.http.post("/reset", data=form, headers=own).status_code


def test_a_link_lets_its_bearer_choose_a_password_once(beside: Beside) -> None:
    email, desk = somebody(), beside.desk
    done = desk.run("users", "create", email, "--no-password", "--port", str(beside.server.port))
    match = LINK.search(done.out)
    assert match is not None
    assert beside.visitor.login(email, "").status_code in (400, 401)
    assert beside.visitor.http.get(match[1]).status_code == 200
    assert choose(beside, match[2], PASSWORD) == 303
    beside.visitor.enter(email)
    assert choose(beside, match[2], PASSWORD + " again") == 400
    assert beside.visitor.login(email, PASSWORD + " again").status_code == 401


def test_a_link_ends_the_sessions_when_it_is_used_and_not_before(beside: Beside) -> None:
    email = somebody()
    beside.desk.create(email)
    token = beside.visitor.enter(email)["access_token"]
    given = beside.desk.data("users", "reset-link", email)
    assert beside.visitor.me(token).status_code == 200
    choose(beside, given["reset_link"].partition("=")[2], "another quiet harbour")
    assert beside.visitor.me(token).status_code == 401


@pytest.mark.engine
def test_a_link_to_where_nobody_said_the_server_is_comes_with_a_note(desk: Desk) -> None:
    desk.create("ann@example.test")
    given = desk.run("users", "reset-link", "ann@example.test")
    assert "Note: the link leads to http://localhost:8000, the default;" in given.err
    assert "--public-origin" in given.err


@pytest.mark.engine
def test_a_link_lives_an_hour_and_leads_to_the_public_origin(desk: Desk) -> None:
    desk.create("ann@example.test")
    given = desk.run(
        *("users", "reset-link", "ann@example.test", "--public-origin", "https://x.test")
    )
    assert re.search(r"^https://x\.test/reset\?ticket=\S{43}$", given.out, re.MULTILINE)
    assert "leads to" not in given.err
    with closing(sqlite3.connect(desk.folder / "doorward.db")) as connection:
        ((ends_at, now),) = connection.execute(
            "SELECT expires_at, unixepoch() FROM doorward_tickets"
        ).fetchall()
    assert 3600 - PATIENCE <= ends_at - now <= 3600


@pytest.mark.engine
def test_a_ticket_stands_only_in_the_link(desk: Desk) -> None:
    desk.create("ann@example.test")
    done = desk.run("users", "reset-link", "ann@example.test")
    match = LINK.search(done.out)
    assert match is not None
    assert (done.out + done.err).count(match[2]) == 1
    assert b"reset" in desk.bytes_at_rest()
    assert match[2].encode() not in desk.bytes_at_rest()


@pytest.mark.engine
def test_a_link_for_a_locked_user_says_that_the_lock_stays(desk: Desk) -> None:
    desk.create("ann@example.test")
    desk.data("users", "lock", "ann@example.test")
    assert "is locked" in desk.run("users", "reset-link", "ann@example.test").err


# --- invite ---------------------------------------------------------------------------------------


def test_an_invitation_makes_a_user_whose_password_its_bearer_chooses_once(beside: Beside) -> None:
    email, desk, port = somebody(), beside.desk, ("--port", str(beside.server.port))
    done = desk.run("users", "invite", email, "--role", "editor", *port)
    assert f"Created {email} with the role editor;" in done.out
    links = re.findall(r"/link/invitation\?ticket=(\S{43})$", done.out, re.MULTILINE)
    links.append(desk.data("users", "invite", email)["invitation_link"].partition("=")[2])
    own = {"sec-fetch-site": "same-origin"}
    for ticket, expected in zip(links, (303, 400), strict=True):
        form = {"ticket": ticket, "new": PASSWORD}
        answer = beside.visitor.http.post("/link/invitation", data=form, headers=own)
        assert answer.status_code == expected
    token = beside.visitor.enter(email)["access_token"]
    assert beside.visitor.me(token).json()["roles"] == ["editor"]
    assert "has a password already" in desk.refusal("users", "invite", email)


@pytest.mark.engine
def test_an_invitation_gives_no_roles_to_who_has_an_account(desk: Desk) -> None:
    desk.run("users", "create", "ann@example.test", "--no-password")
    refused = desk.refusal("users", "invite", "ann@example.test", "--role", "admin")
    assert "has an account already" in refused
    assert "does not look like" in desk.refusal("users", "invite", "u_nobody")


# --- lock, unlock, set-roles, delete --------------------------------------------------------------


def test_a_lock_holds_from_the_next_request_on(beside: Beside) -> None:
    email = somebody()
    subject = beside.desk.create(email)
    tokens = [beside.visitor.enter(email)["access_token"] for _ in range(2)]
    assert [beside.visitor.me(token).status_code for token in tokens] == [200, 200]
    done = beside.desk.run("users", "lock", email.upper())
    assert done.out == f"Locked {email}; 2 sessions ended.\n"
    assert [beside.visitor.me(token).status_code for token in tokens] == [401, 401]
    assert beside.visitor.login(email).status_code == 401
    again = beside.desk.run("users", "lock", subject)
    assert again.out == f"{email} was locked already; 0 sessions ended.\n"


def test_an_unlocked_user_logs_in_again(beside: Beside) -> None:
    email = somebody()
    beside.desk.create(email)
    beside.desk.data("users", "lock", email)
    assert beside.desk.run("users", "unlock", email).out == f"{email} can log in again.\n"
    beside.visitor.enter(email)
    assert beside.desk.data("users", "unlock", email)["locked_at"] is None
    done = beside.desk.run("users", "unlock", email)
    assert done.out == f"{email} was not locked and can log in.\n"


def test_roles_hold_from_the_next_request_on_and_log_nobody_out(beside: Beside) -> None:
    email = somebody()
    beside.desk.create(email, "--role", "old")
    token = beside.visitor.enter(email)["access_token"]
    done = beside.desk.run("users", "set-roles", email, "--json", "new", "editor")
    assert '"sessions_changed": 1' in done.out
    assert beside.visitor.me(token).json()["roles"] == ["editor", "new"]
    done = beside.desk.run("users", "set-roles", email)
    assert done.out == f"Gave {email} no roles; 1 session changed, nobody was logged out.\n"
    assert beside.visitor.me(token).json()["roles"] == []


def test_a_deleted_user_is_gone_from_the_next_request_on(beside: Beside) -> None:
    email = somebody()
    subject = beside.desk.create(email)
    token = beside.visitor.enter(email)["access_token"]
    done = beside.desk.run("users", "delete", subject)
    assert done.out == f"Deleted {email}; 1 session ended.\n"
    assert beside.visitor.me(token).status_code == 401
    assert beside.visitor.login(email).status_code == 401
    assert beside.desk.refusal("users", "delete", email) == f"There is no user {email}."
    assert beside.desk.refusal("users", "delete", subject) == f"There is no user {subject}."


def test_a_deletion_that_was_interrupted_can_be_finished(beside: Beside) -> None:
    email = somebody()
    subject = beside.desk.create(email)
    token = beside.visitor.enter(email)["access_token"]
    with closing(sqlite3.connect(beside.server.folder / "doorward.db")) as connection, connection:
        connection.execute("DELETE FROM doorward_users WHERE subject = ?", (subject,))
    done = beside.desk.run("users", "delete", subject)
    assert done.out == f"{subject} was deleted before; 1 session ended.\n"
    assert beside.visitor.me(token).status_code == 401


@pytest.mark.engine
@pytest.mark.parametrize(
    "words", [["lock", "ann@example.test"], ["set-roles", "ann@example.test", "editor"]]
)
def test_whoever_takes_away_the_last_admin_is_warned(desk: Desk, words: list[str]) -> None:
    desk.create("ann@example.test", "--role", "admin")
    desk.create("bob@example.test", "--role", "admin")
    assert "Warning" not in desk.run("users", "lock", "bob@example.test").err
    done = desk.run("users", *words)
    assert done.status == 0
    assert done.err == "Warning: nobody who can log in has the role admin any more.\n"
    assert desk.run("users", "delete", "ann@example.test").err == ""  # as it was before


@pytest.mark.engine
def test_factors_are_reset_with_a_letter_and_the_password_stays(desk: Desk) -> None:
    subject = desk.create("ann@example.test")
    none = desk.refusal("users", "reset-factors", "ann@example.test")
    assert none == "ann@example.test has no second factor."
    with closing(sqlite3.connect(desk.folder / "doorward.db")) as connection, connection:
        row = (subject, "sealed", 0, 1)
        connection.execute("INSERT INTO doorward_totp VALUES (?, ?, ?, ?)", row)
    mail = ("--smtp-url", "smtp://127.0.0.1:1025", "--mail-from", "login@example.test")
    done = desk.run("users", "reset-factors", "ann@example.test", *mail)
    assert done.out == "Reset the factors of ann@example.test; 0 sessions ended.\n"
    assert "the password alone logs in" in done.err
    with closing(sqlite3.connect(desk.folder / "doorward.db")) as connection:
        left = connection.execute("SELECT * FROM doorward_totp").fetchall()
        letters = connection.execute("SELECT kind, subject, sent_at FROM doorward_letters")
        said = connection.execute("SELECT actor FROM doorward_audit WHERE kind = 'factors_reset'")
        assert (left, letters.fetchall(), said.fetchall()) == (
            [], [("factors_reset", subject, None)], [("operator",)]
        )  # fmt: skip


# --- list ---------------------------------------------------------------------------------------


@pytest.mark.engine
def test_the_list_is_aligned_and_says_who_can_log_in(desk: Desk) -> None:
    desk.create("ann@example.test", "--role", "admin", "--role", "editor")
    desk.data("users", "create", "bob@example.test", "--no-password")
    desk.data("users", "lock", "ann@example.test")
    head, ann, bob = desk.run("users", "list").out.splitlines()
    columns = [head.index(name) for name in ("SUBJECT", "ROLES", "STATE", "CREATED")]
    cells = [[line[at:].split("  ")[0] for at in columns] for line in (ann, bob)]
    assert [cell[1] for cell in cells] == ["admin, editor", "-"]
    assert re.fullmatch(r"locked \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", cells[0][2])
    assert cells[1][2] == "no password yet"


@pytest.mark.engine
def test_a_program_reads_the_list_by_names_that_stay(desk: Desk) -> None:
    subject = desk.create("ann@example.test", "--role", "editor")
    (ann,) = desk.data("users", "list")["users"]
    assert ann["created_at"] == ann.pop("password_changed_at")
    assert ann.pop("created_at") > 1_700_000_000
    assert ann == {
        "subject": subject,
        "email": "ann@example.test",
        "roles": ["editor"],
        "locked_at": None,
        "verified_at": None,
        "erase_at": None,
        "has_password": True,
    }


@pytest.mark.engine
def test_what_somebody_wrote_cannot_steer_the_terminal(desk: Desk) -> None:
    desk.create("ann@example.test")
    evil = "\x1b[2J\r\n\u202eann\x9b@example.test\x7f"
    with closing(sqlite3.connect(desk.folder / "doorward.db")) as connection, connection:
        connection.execute("UPDATE doorward_users SET email = ?", (evil,))
    shown = desk.run("users", "list", PYTHONIOENCODING="ascii").out
    assert r"\x1b[2J\r\n\u202eann\x9b@example.test\x7f" in shown
    assert len(shown.splitlines()) == 2
    as_json = desk.run("users", "list", "--json").out
    assert not re.search(r"[^\x20-\x7e\n]", shown + as_json)
    assert "\x1b" not in desk.refusal("users", "lock", "\x1b[2J@example.test")


# --- the command line ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb", ["list", "lock", "unlock", "set-roles", "reset-link", "delete", "invite"]
)
def test_a_slip_in_the_path_makes_no_new_database(desk: Desk, verb: str) -> None:
    words = [] if verb == "list" else ["ann@example.test"]
    refused = desk.refusal("users", verb, *words)
    assert refused == (
        f"There is no database {desk.folder}/doorward.db; name the server's with --database, or"
        " make it with `doorward migrate` or `doorward serve`."
    )
    assert list(desk.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://x", "use memory:, sqlite:///PATH or postgresql://USER@HOST/NAME"),
        ("/tmp/x.db", "use memory:, sqlite:///PATH or postgresql://USER@HOST/NAME"),
        ("sqlite:/x.db", "sqlite:////absolute.db"),
        ("redis://localhost:1", "give redis://HOST as --sessions"),
        ("rediss://:secret@localhost:1", "give rediss://HOST as --sessions"),
    ],
)
def test_what_cannot_keep_users_is_told_with_what_can(desk: Desk, url: str, why: str) -> None:
    refused = desk.refusal("users", "list", "--database", url)
    assert why in refused
    assert "secret" not in refused


@pytest.mark.parametrize(
    "words",
    [
        *("users lock WHO --database", "audit verify --database", "migrate --database"),
        *("serve --port 0 --database", "move --from sqlite:///x.db --to"),
    ],
)
def test_redis_is_refused_for_users_without_being_asked(desk: Desk, words: str) -> None:
    refused = desk.refusal(*words.split(), f"redis://localhost:{free_port()}")
    assert "give redis://HOST as --sessions" in refused


@pytest.mark.parametrize("words", ["users list", "doctor", "sessions list", "serve", "migrate"])
def test_an_empty_variable_is_named(desk: Desk, words: str) -> None:
    done = desk.run(*words.split(), DOORWARD_DATABASE="")
    assert (done.status, done.out) == (2, "")
    assert "DOORWARD_DATABASE is set but empty; give it a value, or leave it out" in done.err
    assert list(desk.folder.iterdir()) == []


@pytest.mark.engine
def test_the_file_of_something_else_is_left_as_it_is(desk: Desk) -> None:
    path = desk.folder / "doorward.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE other (x)")
    before = path.read_bytes()
    assert "keeps no users" in desk.refusal("users", "list")
    assert "keeps no sessions" in desk.refusal("sessions", "list")
    path.write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    assert "cannot be read" in desk.refusal("users", "list")
    path.write_bytes(before)


@pytest.mark.engine
def test_a_new_root_key_is_told(desk: Desk) -> None:
    done = desk.run("users", "create", "ann@example.test", "--no-password")
    assert f"made a new root key, {desk.root_key_file}" in done.err
    assert f"made a new database, {desk.folder}/doorward.db" in done.err
    assert "made" not in desk.run("users", "reset-link", "ann@example.test").err


@pytest.mark.parametrize(
    "words",
    [[], ["--"], ["--json", "list"], ["frob"], ["lock"], ["list", "x"], ["list", "--frob", "x"]],
)
def test_wrong_usage_is_told_apart(desk: Desk, words: list[str]) -> None:
    done = desk.run("users", *words)
    assert (done.status, done.out) == (2, "")
    assert re.search(r"usage: doorward users|`doorward users( \w+)? --help` lists", done.err)


@pytest.mark.engine
def test_a_link_that_leads_to_the_default_port_says_whose_port_that_must_be(desk: Desk) -> None:
    desk.create("ann@example.test")
    told = desk.run("users", "reset-link", "ann@example.test").err
    assert "http://localhost:8000, the default" in told
    assert "--port or --public-origin" in told
    for given in (("--port", "9000"), ("--public-origin", "https://login.example")):
        assert "the default" not in desk.run("users", "reset-link", "ann@example.test", *given).err


def test_help_says_how_to_take_every_role_away(desk: Desk) -> None:
    assert "without ROLE: none" in desk.run("users", "set-roles", "--help").out


@pytest.mark.parametrize("words", [["--help"], ["lock", "--help"]])
def test_help_is_no_mistake(desk: Desk, words: list[str]) -> None:
    done = desk.run("users", *words)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("usage: doorward users")
