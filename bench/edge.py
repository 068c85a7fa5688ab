"""The cost of a request at the server's edge, beside that in another checkout.

    python bench/edge.py OTHER_CHECKOUT/src [ROUNDS]

Starts a `doorward serve` from each and sends them in turn requests that get a 404: on one
connection, and with a connection for each request.  Prints the medians of the processor time for
each request, in microseconds.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

REQUEST = b"GET /api/nothing HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nCookie: a=b\r\n\r\n"
REQUESTS = 1000
OURS = str(Path(__file__).resolve().parent.parent / "src")


class Server:
    """A `doorward serve` of one checkout."""

    def __init__(self, source: str, port: int, folder: str) -> None:
        self.port = port
        options = ["--port", str(port), "--database", f"sqlite:///{folder}/{port}.db"]
        key = ["--root-key-file", f"{folder}/{port}.key"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "doorward", "serve", *options, *key],
            env={**os.environ, "PYTHONPATH": source},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def spent(self) -> float:
        """Seconds of processor time."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def microseconds(self, fresh: bool) -> float:
        """Of processor time for a request."""
        before, connection = self.spent(), self.connect()
        for _ in range(REQUESTS):
            if fresh:
                connection.close()
                connection = self.connect()
            connection.sendall(REQUEST)
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(65_536)
        connection.close()
        return (self.spent() - before) / REQUESTS * 1e6

    def connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


def main(other: str, rounds: int) -> None:
    with TemporaryDirectory() as folder:
        servers = {"other": Server(other, 8801, folder), "this": Server(OURS, 8802, folder)}
        time.sleep(5)
        try:
            for fresh in (False, True):
                found: dict[str, list[float]] = {name: [] for name in servers}
                for _ in range(rounds):
                    for name, server in servers.items():
                        found[name].append(server.microseconds(fresh))
                kind = "a connection for each" if fresh else "one connection"
                print(kind, {name: round(median(times)) for name, times in found.items()})
        finally:
            for server in servers.values():
                server.process.terminate()
                server.process.wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 11)
