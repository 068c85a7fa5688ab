"""Servers that defend nothing, and refuse for other reasons: none of that may be called held."""

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest

from doorward.attack import client as clients
from doorward.attack.client import Client
from doorward.attack.exchange import Exchange
from doorward.attack.lab import Instance
from doorward.attack.threaded import in_thread
from doorward.cli import progress
from doorward.cli.attack import main

pytestmark = pytest.mark.process

FORGED = "e30.e30.AAAAAAAA"
FEW = "forged-none,forged-kid,forged-shape,cookie-twice"
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def dumb(answer: Answer) -> Iterator[Instance]:
    class Dumb(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self)

        do_POST = do_DELETE = do_GET  # noqa: N815 - the library's names

    with ThreadingHTTPServer(("127.0.0.1", 0), Dumb) as server:
        server.daemon_threads = True
        with in_thread(server) as port:
            yield Instance.at(f"http://127.0.0.1:{port}")


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"{}") -> None:
    handler.send_response(status)
    handler.send_header("Set-Cookie", f"access={FORGED}; Path=/")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def logging_in(status: int, good: int) -> Answer:
    """Logs everybody in; `/api/me` answers 200 so often, and then `status`."""
    asked = count()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path in ("/api/signup", "/api/login"):
            send(handler, 200, json.dumps({"access_token": FORGED}).encode())
        else:
            send(handler, 200 if next(asked) < good else status)

    return answer


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_where_nothing_ever_opens_nothing_is_held(
    status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with dumb(logging_in(status, 0)) as instance:
        assert main([instance.origin, "--json", "--only", FEW]) == 2
    assert "open /api/me" in capsys.readouterr().err


@pytest.mark.parametrize("status", [429, 502, 503])
def test_what_a_limiter_turns_away_is_not_held(
    status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with dumb(logging_in(status, 2)) as instance:
        assert main([instance.origin, "--json", "--only", FEW]) == 2
    document = json.loads(capsys.readouterr().out)
    assert {row["verdict"] for row in document["attacks"]} <= {"not_applicable"}
    assert all(f"answered {status}" in row["why"] for row in document["errors"])


def garbage(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x1b[31mno http\r\n\r\n")
    handler.close_connection = True


def test_what_is_no_answer_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with dumb(garbage) as instance:
        assert main([instance.origin, "--only", "csrf"]) == 2
    assert re.fullmatch(r"doorward: [^\x1b\n]+\n", capsys.readouterr().err)


def test_json_that_nests_too_deep_is_none() -> None:
    assert Exchange("GET", "/", (), "", 200, (), "[" * 200_000).json() == {}


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    try:
        while True:
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        pass


def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "LARGEST", 200_000)
    with dumb(endless) as instance:
        with pytest.raises(TimeoutError, match="no end"):
            Client(instance).send("GET", "/")
        with pytest.raises(TimeoutError, match="no end"):
            Client(instance).raw(b"GET / HTTP/1.1\r\n\r\n")


def colourful(handler: BaseHTTPRequestHandler) -> None:
    text = b"\x1b[31mred\x1b[0m\nheld" if handler.path == "/api/password" else b"{}"
    send(handler, 400 if handler.path == "/api/password" else 200, text)


def test_an_answer_colours_no_terminal_and_begins_no_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with dumb(colourful) as instance:
        assert main([instance.origin, "--only", "password-change"]) == 2
    shown = capsys.readouterr().out
    assert "red" in shown
    assert "\x1b" not in shown
    assert "\nheld" not in shown


def test_only_its_owner_reads_the_report(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    with dumb(colourful) as instance:
        main([instance.origin, "--only", "password-change", "--html", str(page)])
    assert page.stat().st_mode & 0o077 == 0


def test_accounts_are_named_also_where_a_run_is_broken_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: object) -> None:
        raise OSError("it is gone")

    monkeypatch.setattr(progress, "show", ends)
    with dumb(colourful) as instance:
        assert main([instance.origin, "--only", "csrf"]) == 2
    assert "@doorward.example" in capsys.readouterr().err


@pytest.mark.soak
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_leaves_no_file(end: signal.Signals, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "doorward", "attack", "--only", "mutants", "--full"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with Popen(words, env=environment, stdout=DEVNULL, stderr=DEVNULL) as lab:
        while not list(tmp_path.glob("doorward-attack-*/key/root.key")):
            assert lab.poll() is None
        lab.send_signal(end)
        lab.wait(60)
    assert list(tmp_path.iterdir()) == []
