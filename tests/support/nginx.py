"""A real nginx with the configuration that the documentation shows."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import end
from tests.support.server import RETRY_SECONDS
from tests.support.until import PATIENCE

EXAMPLE = Path(__file__).parents[2] / "docs/examples/nginx.conf"

OWN = "\n".join(
    f"    {name}_temp_path {name}-temp;"
    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)
"""Folders that Debian's nginx has for root alone."""


def nginx_path() -> str | None:
    """One on PATH or where Debian puts it; None where there is none."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def configuration(changes: Mapping[str, str], example: Path = EXAMPLE) -> str:
    """The example with other places; each must be in it."""
    text = example.read_text()
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def places(folder: Path, port: int, plain: int, nodes: list[int], application: int) -> str:
    """The example, moved to these ports and into a folder that holds `cert.pem` and `key.pem`."""
    return configuration(
        {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "server_name login.example;": "server_name localhost;",
            "https://login.example$": f"https://localhost:{port}$",
            "/etc/nginx/fullchain.pem": f"{folder}/cert.pem",
            "/etc/nginx/privkey.pem": f"{folder}/key.pem",
            "/run/nginx.pid": f"{folder}/nginx.pid",
            "/var/log/nginx/": f"{folder}/",
            "127.0.0.1:8001": f"127.0.0.1:{nodes[0]}",
            "127.0.0.1:8002": f"127.0.0.1:{nodes[1]}",
            "127.0.0.1:9000": f"127.0.0.1:{application}",
            "http {\n": f"http {{\n{OWN}\n",
        }
    )


@contextmanager
def running_nginx(folder: Path, text: str) -> Iterator[None]:
    """Answers on every port it listens to."""
    program = nginx_path()
    assert program is not None
    # as root it would become nobody, who may not look into the folder of a test
    user = "" if os.geteuid() else "user root;\n"
    (folder / "nginx.conf").write_text(user + text)
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    log = folder / "nginx.out"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        for port in re.findall(r"listen 127\.0\.0\.1:(\d+)", text):
            wait(int(port), process, log)
        yield
    finally:
        end(process)


def wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until something listens on the port of a process that lives."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up, "the proxy does not answer"
            time.sleep(RETRY_SECONDS)
        else:
            return
