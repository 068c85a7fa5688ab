"""The WebSocket handlers of the quickstart end quietly whatever their client does."""

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks
from tests.docs.test_python_blocks import folder, pytest_there

__all__ = ["folder"]

ODD = """
import pytest
from app import app
from starlette.websockets import WebSocketDisconnect

import test_present
import test_socket
from doorward.testing.client import Client


@pytest.fixture
def client():
    with Client(app) as client:
        yield client


def test_a_client_that_leaves(client):
    ada = client.log_in("ada", roles=["editor"]).credential
    with client.websocket_connect("/live"):
        pass
    with client.websocket_connect("/talk"):
        pass
    with client.websocket_connect("/talk") as socket:
        socket.send_text(ada)
        assert socket.receive_text() == "ada"


@pytest.mark.parametrize("message", [{}, {"bytes": b"a token, but as bytes"}])
def test_a_client_that_says_nothing_or_sends_bytes(client, message):
    with client.websocket_connect("/talk") as socket:
        if message:
            socket.send({"type": "websocket.receive", **message})
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1008


def test_a_client_that_sends_bytes_where_nothing_is_asked(client):
    client.log_in("ada")
    with client.websocket_connect("/live") as socket:
        assert socket.receive_text() == "ada"
        socket.send_bytes(b"hello")


@pytest.mark.parametrize("asked", [[], ["bearer"], ["chat", "bearer"], ["bearer", "a", "b"]])
def test_a_client_that_asks_for_another_protocol(client, asked):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/protocol", asked):
        pass


def test_a_token_that_is_none(client):
    with pytest.raises(WebSocketDisconnect) as refused:
        with client.websocket_connect("/protocol", ["bearer", "made_up"]):
            pass
    assert refused.value.code == 4401
"""


def test_no_exception_leaves_the_handlers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE", "memory:")
    for block in blocks(DOCS / "quickstart.md"):
        if block.more in ("test_socket.py", "test_present.py"):
            (folder / block.more).write_text(block.text.replace("within=10", "within=0.05"))
    (folder / "test_odd.py").write_text(ODD)
    pytest_there(folder, folder / "test_odd.py")
