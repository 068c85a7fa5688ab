"""`doorward serve` as an operator meets it: what it prints, what it refuses, how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from secrets import token_urlsafe
from time import monotonic
from urllib.parse import urlsplit

import httpx2
import pytest

from doorward.cli.serve import notes
from doorward.server.http.signals import stopping
from doorward.server.mail.relay import parse_relay
from doorward.server.options import OPTIONS, Options
from tests.support.certificate import encrypt_key, make_certificate
from tests.support.ports import free_port
from tests.support.server import clean_environment, running_server
from tests.support.until import PATIENCE

from .desk import command
from .serving import GRACE, Open, run, serve


@pytest.fixture(scope="module")
def homeless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server on nothing that lasts, whose environment names its key and no home.  The first
    line it says; it must end well."""
    with subprocess.Popen(
        command("serve", "--database", "memory:", "--port", "0"),
        cwd=tmp_path_factory.mktemp("homeless"),
        env={"DOORWARD_ROOT_KEY": token_urlsafe(32), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
            process.terminate()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()  # else leaving would wait for it without end


@pytest.mark.engine
@pytest.mark.parametrize("host", ["::", "0::0"])
def test_every_address_is_every_address_of_both_families(host: str, tmp_path: Path) -> None:
    def visit(server: Open) -> None:
        for address in ("127.0.0.1", "[::1]"):
            url = f"http://{address}:{server.port}"
            with httpx2.Client(base_url=url, headers={"user-agent": "curl"}) as http:
                account = {"email": f"ann{len(seen)}@example.org", "password": "a sturdy door"}
                assert http.post("/api/signup", json=account).status_code == 201
                login = http.post("/api/login", json={**account, "transport": "bearer"})
                bearer = {"authorization": f"Bearer {login.json()['access_token']}"}
                (session,) = http.get("/api/sessions", headers=bearer).json()["sessions"]
                seen.append(session["address"])

    seen: list[str] = []
    serve("--host", host, folder=tmp_path, visit=visit)
    assert seen == ["127.0.0.1", "::1"]


@pytest.mark.engine
def test_it_says_where_it_serves_from_what(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    option = ("--root-key-file", str(keys / "root.key"), "--mode", "token")
    server = serve(*option, folder=tmp_path)
    said = server.output
    assert f"Doorward serves {server.url} (listening on 127.0.0.1 port {server.port})" in said
    assert "mode      token" in said
    assert f"database  {tmp_path / 'doorward.db'} (new)\n" in said
    assert f"root key  {keys / 'root.key'} (new: keep a copy)\n" in said
    assert "Warning" not in said
    assert (keys / "root.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.engine
def test_what_was_there_before_is_not_called_new(tmp_path: Path) -> None:
    serve(folder=tmp_path)
    said = serve(folder=tmp_path).output
    assert f"database  {tmp_path / 'doorward.db'}\n" in said
    assert f"root key  {tmp_path / 'root.key'}\n" in said


def test_a_slip_in_the_folder_makes_no_folder(tmp_path: Path) -> None:
    done = run("serve", "--database", "sqlite:///dta/doorward.db", "--port", "0", folder=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert f"doorward: There is no folder {tmp_path / 'dta'} for the database" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.engine
def test_the_key_beside_the_database_is_a_warning_and_no_refusal(tmp_path: Path) -> None:
    said = serve(folder=tmp_path).output
    assert "Warning: the root key lies in the database's folder" in said


@pytest.mark.process
@pytest.mark.parametrize(
    "how",
    [
        signal.SIGINT,
        signal.SIGHUP,
        # with two processes in `test_serve_workers.py`, and the first wherever a server is stopped
        *(pytest.param(how, marks=pytest.mark.soak) for how in (signal.SIGTERM, signal.SIGQUIT)),
    ],
    ids=lambda how: how.name,
)
def test_it_ends_cleanly_when_told_to(tmp_path: Path, how: signal.Signals) -> None:
    with running_server(folder=tmp_path) as server:
        idle = socket.create_connection(("127.0.0.1", server.port))
        server.process.send_signal(how)
        assert server.process.wait(PATIENCE) == 0
        idle.close()
    assert "Traceback" not in server.output
    assert not (tmp_path / "doorward.db-wal").exists()


@pytest.mark.parametrize("ignored", [signal.SIGHUP, signal.SIGQUIT], ids=lambda each: each.name)
def test_a_signal_that_was_ignored_when_it_was_started_stays_ignored(
    ignored: signal.Signals,
) -> None:
    before = signal.signal(ignored, signal.SIG_IGN)
    try:
        assert set(stopping()) == {
            *(signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
        } - {ignored}
    finally:
        signal.signal(ignored, before)


def test_where_no_temporary_folder_can_be_written_several_processes_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    done = run("serve", "--port", "0", "--workers", "2", folder=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert "TMPDIR" in done.err
    assert done.err.count("\n") == 1


HALF = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf"


@pytest.mark.engine
@pytest.mark.parametrize("sent", [b"", HALF], ids=["nothing", "half a body"])
def test_a_connection_without_a_whole_request_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr("doorward.server.http.serving.GRACE", GRACE)
    ending: list[float] = []

    def visit(server: Open) -> None:
        idle = socket.create_connection(("127.0.0.1", server.port))
        stack.callback(idle.close)
        idle.sendall(sent)
        server.stop()
        ending.append(monotonic())

    with ExitStack() as stack:
        done = serve(folder=tmp_path, visit=visit)
        assert monotonic() - ending[0] < GRACE / 2
        assert "Traceback" not in done.output


@pytest.mark.engine
@pytest.mark.parametrize("mode", ["session", "token"])
def test_a_restart_keeps_people_logged_in(tmp_path: Path, mode: str) -> None:
    # an access token is issued for one public origin, and each start here takes another port
    options = ("--mode", mode, "--public-origin", "http://localhost:8000")
    body = {"email": "a@example.test", "password": "correct horse battery", "transport": "bearer"}
    headers: dict[str, str] = {}

    def enter(server: Open) -> None:
        httpx2.post(f"{server.url}/api/signup", json=body)
        token = httpx2.post(f"{server.url}/api/login", json=body).json()["access_token"]
        headers["authorization"] = f"Bearer {token}"

    def come_back(server: Open) -> None:
        assert httpx2.get(f"{server.url}/api/me", headers=headers).status_code == 200

    serve(*options, folder=tmp_path, visit=enter)
    serve(*options, folder=tmp_path, visit=come_back)


@pytest.mark.process
def test_a_key_in_the_environment_needs_no_home(homeless: str) -> None:
    assert "Doorward serves" in homeless


@pytest.mark.engine
def test_settings_come_from_the_environment_too(tmp_path: Path) -> None:
    env = clean_environment() | {"DOORWARD_MODE": "token", "DOORWARD_SIGNUP": "closed"}

    def sign_up(server: Open) -> None:
        answer = httpx2.post(f"{server.url}/api/signup", json={"email": "a", "password": "b"})
        assert answer.json()["reason"] == "signup_closed"

    assert "mode      token" in serve(folder=tmp_path, env=env, visit=sign_up).output


@pytest.mark.process
def test_a_free_port_is_found_and_told(homeless: str) -> None:
    port = int(homeless.rpartition(" ")[2].rstrip(")\n"))
    assert f"http://localhost:{port} " in homeless
    assert httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200


REFUSED: dict[str, tuple[list[str], str]] = {
    "http off this machine": (["--public-origin", "http://login.example"], "plain http"),
    "no origin": (["--public-origin", "login.example"], "--public-origin"),
    "a path in the origin": (["--public-origin", "https://a.example/x"], "--public-origin"),
    "long access tokens": (["--access-ttl", "100000"], "--access-ttl"),
    "touch beyond idle": (["--touch-every", "100", "--idle-ttl", "100"], "--touch-every"),
    "half of TLS": (["--tls-cert", "x.pem"], "belong together"),
    "no certificate": (
        ["--tls-cert", "x.pem", "--tls-key", "cert.pem"],
        "the file x.pem of --tls-cert cannot be read: No such file",
    ),
    "no key of it": (
        ["--tls-cert", "cert.pem", "--tls-key", "y.pem"],
        "the file y.pem of --tls-key cannot be read: No such file",
    ),
    "exchanged": (["--tls-cert", "key.pem", "--tls-key", "cert.pem"], "they may be exchanged"),
    "another's key": (
        ["--tls-cert", "cert.pem", "--tls-key", "other/key.pem"],
        "not belong together",
    ),
    "an encrypted key": (
        ["--tls-cert", "cert.pem", "--tls-key", "locked.pem"],
        "the key locked.pem of --tls-key is encrypted",
    ),
    "no network": (["--trusted-proxies", "10.0.0.1/8"], "proxies"),
    "no address": (["--host", "256.1.1.1"], "cannot listen on 256.1.1.1"),
    "no such name": (["--host", "nonsuch.invalid"], "no such name or address was found"),
    "another database": (["--database", "mysql://x"], "mysql"),
    "no folder for it": (
        ["--database", "sqlite:////proc/x/doorward.db"],
        "There is no folder /proc/x ",
    ),
}
REFUSED_ONCE_OPENED: dict[str, tuple[list[str], str]] = {
    "no database": (["--database", "sqlite:///not.db"], "not.db"),
    "no key": (["--root-key-file", "bad.key"], "bad.key"),
    "a folder for a key": (["--root-key-file", "."], "root key"),
}


@pytest.mark.parametrize(
    "name",
    [*REFUSED, *(pytest.param(name, marks=pytest.mark.engine) for name in REFUSED_ONCE_OPENED)],
)
def test_what_cannot_be_served_is_one_sentence_and_exit_1(tmp_path: Path, name: str) -> None:
    args, said = {**REFUSED, **REFUSED_ONCE_OPENED}[name]
    (tmp_path / "not.db").write_text("this is no database, but it is quite long" * 100)
    (tmp_path / "bad.key").write_text("changeme\n")
    (tmp_path / "bad.key").chmod(0o600)
    (tmp_path / "other").mkdir()
    for folder in (tmp_path, tmp_path / "other"):
        make_certificate(folder)
    encrypt_key(tmp_path)
    usual = ["--port", "0", "--database", "memory:", "--root-key-file", "k/root.key"]
    done = run("serve", *usual, *args, folder=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("doorward: ")
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--database", "memory:"), "needs a database that processes can share"),
        (("--tls-cert", "none.pem", "--tls-key", "none.pem"), "of --tls-cert cannot be read"),
        (("--database", "sqlite:///."), "is a folder, not a database"),
    ],
)
def test_what_cannot_be_served_is_one_sentence_before_any_worker(
    tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    words = ("serve", "--workers", "2", "--port", "0", "--root-key-file", f"{tmp_path}/k/root.key")
    done = run(*words, *options, folder=tmp_path)
    assert done.status == 1
    assert sentence in done.err
    assert "Worker" not in done.err


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", "--port", port, folder=tmp_path)
    assert (done.status, done.out) == (1, "")
    said = f"cannot listen on 127.0.0.1 port {port}: Address already in use; choose with"
    assert said in done.err
    assert "('127.0.0.1'" not in done.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--database", "mysql://x"], "mysql"),
        pytest.param(
            ["--database", "sqlite:///not.db"], "not.db cannot be read", marks=pytest.mark.engine
        ),
        (["--database", "memory:", "--access-ttl", "100000"], "--access-ttl"),
    ],
)
def test_a_wrong_option_is_named_before_a_port_in_use(
    tmp_path: Path, args: list[str], said: str
) -> None:
    (tmp_path / "not.db").write_text("this is no database, but it is quite long" * 100)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", str(taken.getsockname()[1]), *args, folder=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert said in done.err
    assert "cannot listen" not in done.err


@pytest.mark.parametrize("scheme", ["redis", "postgresql"])
def test_sessions_out_of_reach_are_named_without_their_password(
    tmp_path: Path, scheme: str
) -> None:
    url = f"{scheme}://u:secret@127.0.0.1:{free_port()}/0"
    done = run("serve", "--port", "0", "--sessions", url, folder=tmp_path)
    assert (done.status, done.out) == (1, "")
    assert url.replace(":secret", "") in done.err
    assert "secret" not in done.err
    assert done.err.endswith(".\n")
    assert ".." not in done.err


@pytest.mark.engine
def test_a_lost_root_key_is_one_sentence_and_makes_no_other(tmp_path: Path) -> None:
    serve("--mode", "token", folder=tmp_path)
    key = tmp_path / "root.key"
    key.unlink()
    database = f"sqlite:///{tmp_path}/doorward.db"
    args = ("--database", database, "--root-key-file", str(key), "--port", "0", "--mode", "token")
    done = run("serve", *args, folder=tmp_path)
    assert done.status == 1
    assert "root.key is missing" in done.err
    assert not key.exists()


@pytest.mark.parametrize(
    "args", [["--port", "x"], ["--mode", "jwt"], ["--access-ttl", "0"], ["--nothing"], ["word"]]
)
def test_a_slip_of_the_keyboard_is_exit_2(tmp_path: Path, args: list[str]) -> None:
    done = run("serve", *args, folder=tmp_path)
    assert (done.status, done.out) == (2, "")
    problem, hint = done.err.splitlines()
    assert problem.startswith("doorward serve: ")
    assert hint == "`doorward serve --help` lists what it takes."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "meant"),
    [
        (["serve", "--prot", "5"], "; is --port meant?"),
        (["serve", "--databse=x"], "; is --database meant?"),
        (["serv"], "; is serve meant?"),
        (["users", "lis"], "; is list meant?"),
        (["users", "list", "nobody"], "unrecognized arguments: nobody"),
        (["serve", "--hsts-subdomains"], "--hsts-subdomains needs a value: on|off"),
        (["serve", "--hsts-subdomains", "--port", "0"], "--hsts-subdomains needs a value: on|off"),
        (["serve", "--zzzz"], "unrecognized arguments: --zzzz"),
    ],
)
def test_a_slip_is_told_in_one_line_with_what_may_be_meant(
    tmp_path: Path, args: list[str], meant: str
) -> None:
    done = run(*args, folder=tmp_path)
    problem, hint = done.err.splitlines()
    assert problem.endswith(meant)
    assert hint.endswith("--help` lists what it takes.")


def test_a_bad_word_in_the_environment_is_named(tmp_path: Path) -> None:
    done = run("serve", folder=tmp_path, DOORWARD_IDLE_TTL="two weeks")
    assert done.status == 2
    assert "DOORWARD_IDLE_TTL" in done.err


@pytest.mark.process
def test_help_is_quick_and_touches_nothing(tmp_path: Path) -> None:
    for args in (["--help"], ["serve", "--help"], ["--version"]):
        done = run(*args, folder=tmp_path)
        assert (done.status, done.err) == (0, "")
        assert "doorward" in done.out.lower()
    heavy = "fastapi", "uvicorn", "sqlalchemy", "pydantic", "jinja2"
    lines = (
        "import sys; from doorward.cli import main",
        "try: main(['serve', '--help'])",
        "except SystemExit: print(*sys.modules)",
    )
    code = "\n".join(lines)
    imported = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not set(heavy) & set(imported.stdout.split())
    assert list(tmp_path.iterdir()) == []


def test_no_command_and_an_unknown_one_are_exit_2(tmp_path: Path) -> None:
    for args in ([], ["brew"]):
        done = run(*args, folder=tmp_path)
        assert done.status == 2
        assert "doorward --help" in done.err or "usage: doorward" in done.err


@pytest.mark.parametrize(
    ("args", "listed"),
    [
        ([], ["serve      Serve the pages", "doctor     List what", "`doorward COMMAND --help`"]),
        (["users"], ["set-roles      Give a user", "`doorward users VERB --help` explains one."]),
    ],
)
def test_who_names_no_command_is_shown_them_all(
    tmp_path: Path, args: list[str], listed: list[str]
) -> None:
    done = run(*args, folder=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("usage: doorward")
    assert "required" not in done.err
    for words in listed:
        assert words in done.err


def said(**options: object) -> str:
    return "\n".join(notes(Options(**options), {"DOORWARD_ROOT_KEY": "x"}))  # type: ignore[arg-type]


def test_listening_for_other_machines_leaves_the_origin_at_localhost_and_says_so() -> None:
    assert "its public origin stays http://localhost:8000" in said(host="192.0.2.1")
    assert "public origin stays" not in said(host="127.0.0.1")
    assert "public origin stays" not in said(host="localhost")
    https = {"public_origin": "https://a.example", "trusted_proxies": ("10.0.0.0/8",)}
    assert "public origin stays" not in said(host="192.0.2.1", **https)


def test_a_slip_in_the_name_of_a_variable_is_pointed_out() -> None:
    environ = {"DOORWARD_ROOT_KEY": "x", "DOORWARD_PUBLIC_ORIGN": "https://a.example"}
    told = "\n".join(notes(Options(), environ))
    assert "Note: DOORWARD_PUBLIC_ORIGN is no variable of Doorward" in told
    assert "is DOORWARD_PUBLIC_ORIGIN meant?" in told
    every = {option.variable: "x" for option in OPTIONS.values()}
    told = "\n".join(notes(Options(), {"DOORWARD_ROOT_KEY": "x", "PATH": "/bin", **every}))
    assert "is no variable" not in told


def test_https_that_nobody_vouches_for_is_pointed_out() -> None:
    assert "no proxy is trusted" in said(public_origin="https://a.example")
    assert "no proxy is trusted" not in said(
        public_origin="https://a.example", trusted_proxies=("10.0.0.0/8",)
    )
    assert "no proxy is trusted" not in said(tls_cert="c", tls_key="k")


def test_a_way_to_a_database_that_others_can_read_is_a_warning_and_shows_no_password() -> None:
    users, sessions = "postgresql://ann:secret@db.example/app", "redis://:secret@cache.example"
    told = said(database=users, sessions=sessions)
    assert "Warning: Others on the network can read" in told
    assert "traffic to postgresql://ann@db.example/app: TLS is not required. Add ?sslmode" in told
    assert "traffic to redis://cache.example: TLS is not required. Write rediss://" in told
    assert "secret" not in told
    closed = {"database": f"{users}?sslmode=verify-full", "sessions": "rediss://cache.example"}
    assert "Warning" not in said(**closed)
    assert "Warning" not in said()
    assert said(database=users).count("Warning") == 1


def test_the_place_of_the_root_key_is_told_and_never_the_key(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    if sys.platform == "linux":
        assert f"{tmp_path}/.local/share/doorward/root.key" in "\n".join(notes(Options(), environ))
    assert "root key  DOORWARD_ROOT_KEY" in said()


def test_the_modes_that_are_accepted_are_told_where_they_are_several() -> None:
    assert "mode      session\n" in said()
    changing = said(mode="token", accept=("session", "token"))
    assert "mode      token, and still accepts session\n" in changing


@pytest.mark.engine
def test_every_link_it_says_can_be_copied_from_its_line(tmp_path: Path) -> None:
    server = serve(folder=tmp_path)
    lines = server.output.splitlines()
    (link,) = [line for line in lines if "/setup?" in line]
    assert link == link.strip()
    assert httpx2.URL(link).params["ticket"]
    words = [word for line in lines if not line.startswith("{") for word in line.split()]
    links = [word for word in words if "http://" in word]
    assert {urlsplit(each).netloc for each in links} == {f"localhost:{server.port}"}
    assert all(each[-1].isalnum() or each[-1] in "-_" for each in links), links


@pytest.mark.engine
def test_the_first_words_are_what_is_served_and_a_line_that_is_no_json_tells_when_and_who(
    tmp_path: Path,
) -> None:
    body = {"email": "a@b.example", "password": "k" * 30}

    def sign_up(server: Open) -> None:
        httpx2.post(f"{server.url}/api/signup", json=body)

    made = serve(folder=tmp_path, visit=sign_up).output.splitlines()
    pattern = (
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ \[{os.getpid()}\] WARNING made a new root key at "
    )
    assert any(re.match(pattern, line) for line in made), made
    lines = serve(folder=tmp_path).output.splitlines()
    assert lines[0].startswith("Doorward serves ")
    assert len([line for line in lines if "audit_head" in line]) == 1


def test_what_becomes_of_mail_is_told() -> None:
    printed = "none is sent; its links are printed here, and all is at http://localhost:8000/admin/"
    assert printed in said()
    assert said(public_origin="https://a.example").count("none is sent\n") == 1
    relay = parse_relay("smtp://mail.example")
    assert "through mail.example, from a@b.example" in said(smtp_url=relay, mail_from="a@b.example")


@pytest.mark.engine
def test_it_speaks_https_by_itself(tmp_path: Path) -> None:
    context = make_certificate(tmp_path)
    tls = ("--tls-cert", "cert.pem", "--tls-key", "key.pem", "--root-key-file", "k/key")
    body = {"email": "a@example.test", "password": "correct horse battery"}

    def enter(server: Open) -> None:
        with httpx2.Client(verify=context, base_url=f"https://localhost:{server.port}") as client:
            assert client.post("/api/signup", json=body).status_code == 201
            assert client.post("/api/login", json=body).status_code == 200
            answer = client.get("/api/me")
            assert answer.status_code == 200
            assert "strict-transport-security" not in answer.headers  # nothing else speaks TLS here

    server = serve("--database", "memory:", *tls, folder=tmp_path, visit=enter)
    assert f"Doorward serves https://localhost:{server.port} " in server.output
