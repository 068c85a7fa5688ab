"""The WebSocket handlers of the page about streams end quietly whatever their client does."""

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks
from tests.docs.test_python_blocks import folder, pytest_there

__all__ = ["folder"]

ODD = """
import pytest
from app import app
from starlette.websockets import WebSocketDisconnect

import hasty  # the page's handlers, but they do not wait for a client
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


@pytest.mark.parametrize("path", ["/talk", "/hasty"])
def test_a_client_that_sends_bytes_or_says_nothing(client, path):
    with client.websocket_connect(path) as socket:
        if path == "/talk":
            socket.send_bytes(b"a token, but as bytes")
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
    files = {block.more: block.text for block in blocks(DOCS / "streams.md")}
    hasty = files["test_present.py"].replace("within=10", "within=0").replace("/talk", "/hasty")
    assert "within=0)" in hasty
    for name in ("test_socket.py", "test_present.py"):
        (folder / name).write_text(files[name])
    (folder / "hasty.py").write_text(hasty)
    (folder / "test_odd.py").write_text(ODD)
    pytest_there(folder, folder / "test_odd.py")
