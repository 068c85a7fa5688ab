"""How long a decision takes: a figure only where there was something to end."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import Popen
from threading import Thread
from typing import cast

import pytest

from doorward.compare.client import Unusable
from doorward.compare.cluster import Cluster
from doorward.compare.contender import Contender
from doorward.compare.propagation import watch
from tests.compare.test_command import SPEC

pytestmark = pytest.mark.process


class Refusing(BaseHTTPRequestHandler):
    """Knows nobody, and does what an operator decides."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(401)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is written."""


@pytest.fixture
def refusing() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def contender(port: int) -> Contender:
    nobody = cast("Popen[str]", None)
    return Contender("token", "sqlite", "", Cluster(replace(SPEC, port=port), [(nobody, port)]), 1)


def test_a_credential_that_opened_nothing_before_is_no_figure(refusing: int) -> None:
    with pytest.raises(Unusable, match="before a lock"):
        watch(contender(refusing), {}, "lock", {"subject": "ada"})


def test_a_process_that_does_not_answer_is_one_sentence() -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unusable, match="does not answer"):
            watch(contender(taken.getsockname()[1]), {}, "lock", {"subject": "ada"})
