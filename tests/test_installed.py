"""What the documented installs bring, and what is said where something was left out."""

import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.support.installed import ROOT, installed
from tests.support.until import PATIENCE

pytestmark = pytest.mark.process

ECHO = """
import asyncio
import uvicorn

async def app(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "hello"})

async def main():
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="critical"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await serving

asyncio.run(main())
"""

LINE = "pip install '.[server]'"


def test_the_install_of_the_quickstart_answers_a_websocket(tmp_path: Path) -> None:
    assert LINE in (ROOT / "docs/quickstart.md").read_text()
    with subprocess.Popen(
        [sys.executable, "-S", "-c", ECHO],
        env=installed(tmp_path, "server"),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with connect(f"ws://127.0.0.1:{port}/", open_timeout=PATIENCE) as socket:
                assert socket.recv(timeout=PATIENCE) == "hello"
        finally:
            process.kill()


def test_the_lock_of_the_server_holds_the_websocket_library_by_hash() -> None:
    entries = (ROOT / "requirements.lock").read_text().replace(" \\\n", " ").splitlines()
    (entry,) = [entry for entry in entries if entry.startswith("websockets==")]
    assert "--hash=sha256:" in entry


COMMANDS = (
    "serve --port 0",
    "users",
    "users list",
    "audit verify",
    "migrate",
    "move --from memory: --to memory:",
    "doctor",
)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return installed(tmp_path_factory.mktemp("bare"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_without_its_extra_names_it_in_one_sentence(
    bare: dict[str, str], command: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "doorward", *command.split()],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"`doorward {command.split()[0]}`" in done.stderr
    assert "pip install '.[server]'" in done.stderr


def test_the_commands_are_listed_without_the_extra(bare: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "doorward", "--help"],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "serve" in done.stdout
