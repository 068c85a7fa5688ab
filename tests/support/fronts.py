"""HAProxy and Caddy with the configurations that the documentation shows."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.nginx import EXAMPLE, configuration, wait
from tests.support.processes import end

HAPROXY, CADDY = EXAMPLE.with_name("haproxy.cfg"), EXAMPLE.with_name("Caddyfile")


def found(name: str) -> bool:
    """Whether it is on PATH or where Debian puts it."""
    return bool(shutil.which(name) or shutil.which(name, path="/usr/sbin"))


@contextmanager
def running_haproxy(folder: Path, port: int, plain: int, nodes: list[int]) -> Iterator[None]:
    """It and its certificate are in `folder`."""
    chain = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "both.pem").write_text(chain)
    text = configuration(
        {
            "bind :80\n": f"bind 127.0.0.1:{plain}\n",
            "bind :443": f"bind 127.0.0.1:{port}",
            "/etc/haproxy/login.example.pem": str(folder / "both.pem"),
            "https://login.example code": f"https://localhost:{port} code",
            "127.0.0.1:8001": f"127.0.0.1:{nodes[0]}",
            "127.0.0.1:8002": f"127.0.0.1:{nodes[1]}",
        },
        HAPROXY,
    )
    (folder / "haproxy.cfg").write_text(text)
    with running(["haproxy", "-f", str(folder / "haproxy.cfg")], folder, port):
        yield


@contextmanager
def running_caddy(
    folder: Path, port: int, plain: int, nodes: list[int], application: int
) -> Iterator[None]:
    """It and its certificate are in `folder`."""
    text = configuration(
        {
            "\tlog {": f"\tadmin off\n\thttp_port {plain}\n\thttps_port {port}\n\tlog {{",
            "login.example {": f"https://localhost:{port} {{\n\tbind 127.0.0.1"
            f"\n\ttls {folder}/cert.pem {folder}/key.pem",
            "127.0.0.1:8001": f"127.0.0.1:{nodes[0]}",
            "127.0.0.1:8002": f"127.0.0.1:{nodes[1]}",
            "127.0.0.1:9000": f"127.0.0.1:{application}",
        },
        CADDY,
    )
    (folder / "Caddyfile").write_text(text)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with running(command, folder, port):
        yield


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """A program that answers on this port."""
    log = folder / "front.out"
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    environment["PATH"] = f"{os.environ['PATH']}:/usr/sbin"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        wait(port, process, log)
        yield
    finally:
        end(process)
