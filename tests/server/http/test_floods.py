"""Clients that take memory, files or time from a real server: what that costs it, and others."""

import ssl
from pathlib import Path

import pytest

from tests.support.certificate import make_certificate
from tests.support.floods import HEAD, Flood, flooded, floods
from tests.support.server import RunningServer, Serve, running_server

MB = 2**20

WARMING = Flood(4, (b"GET /openapi.json" + HEAD + b"\r\n" + b"GET /login" + HEAD + b"\r\n") * 8)
"""So that the process has what it keeps anyway."""


def warm(server: RunningServer, trusting: ssl.SSLContext | None = None) -> None:
    flooded(WARMING, server.port, server.process.pid, 1, trusting)


@pytest.mark.process
def test_what_one_client_sends_takes_little_memory(serve: Serve) -> None:
    server = serve()
    warm(server)
    for name in ("pipelined requests", "trailers", "one trailer"):
        sent = 0
        while sent < 100_000:  # a busy machine takes several moments for as much
            outcome = flooded(floods(0.2)[name], server.port, server.process.pid, 0.4)
            assert outcome.grown < 10 * MB, f"{name}: {outcome}"
            sent += outcome.sent


@pytest.mark.soak
@pytest.mark.process
@pytest.mark.parametrize("name", floods())
def test_a_flood_takes_little_and_holds_up_nobody(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flood, trusting, args = floods()[name], None, list[str]()
    if flood.tls:
        trusting = make_certificate(tmp_path)
        files = ["--tls-cert", f"{tmp_path}/cert.pem", "--tls-key", f"{tmp_path}/key.pem"]
        args = [*files, "--public-origin", "https://localhost"]
    with running_server(*args, folder=tmp_path, trusting=trusting) as server:
        warm(server, trusting)
        outcome = flooded(flood, server.port, server.process.pid, 15, trusting)
        with capsys.disabled():
            print(f"\n{name}: {outcome}")
        assert outcome.grown < 50 * MB
        assert outcome.p99 < 1
        assert "ERROR" not in server.output
        after = flooded(Flood(1, b""), server.port, server.process.pid, 1, trusting)
        assert after.p99 < 1
