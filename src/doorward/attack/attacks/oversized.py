"""Oversized heads, bodies and passwords."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..attack import Attack
from ..attacker import Attacker
from ..target import Login, Target
from ..verdict import Verdict, held, succeeded

UNREAD = (408, 413)
"""How a body is refused for its size.  Whatever else is said of it, it was read."""

LONGEST_WAIT = 3.0
"""Seconds that another user may wait meanwhile."""


def _run(attacker: Attacker) -> Verdict:
    target = attacker.target
    honest = target.log_in()
    times = 400 if attacker.full else 24
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(_huge, target, at) for at in range(times)]
        waits = []
        while not all(each.done() for each in sent):
            waits.append(_wait(target, honest))
        taken = [name for each in sent if (name := each.result())]
    if taken:
        return succeeded(f"The server accepted {taken[0]}.")
    if waits and max(waits) > LONGEST_WAIT:
        return succeeded(f"Another user waited {max(waits):.1f} seconds meanwhile.")
    if target.me(honest).status != 200:
        raise AssertionError("the server is no longer well")
    return held(
        f"{times} oversized requests were refused; others waited {max(waits or [0]):.2f} s at most."
    )


def _huge(target: Target, at: int) -> str:
    """Send one oversized request.  Returns what was oversized if the server accepted it."""
    kind = ("a header of 12 kB", "300 headers", "a body of 1 MB", "a long password")[at % 4]
    client = type(target.client)(target.client.address, target.client.source)
    try:
        if kind == "a header of 12 kB":
            answer = client.send("GET", "/login", [("X-Long", "x" * 12_000)])
        elif kind == "300 headers":
            answer = client.send("GET", "/login", [(f"X-{one}", "y") for one in range(300)])
        elif kind == "a body of 1 MB":
            answer = client.send("POST", "/api/login", target.own, data={"email": "x" * 10**6})
        else:
            data = {"email": f"lab-{at}@doorward.example", "password": "p" * 60_000}
            answer = replace(target, client=client).ask_for_account(data)
    except (OSError, http.client.HTTPException):
        return ""  # the connection was ended
    if answer.status >= 500:
        raise AssertionError(f"{kind} broke the server: {answer.status}")
    read = kind == "a body of 1 MB" and answer.status not in UNREAD
    return kind if answer.accepted or read else ""


def _wait(target: Target, login: Login) -> float:
    began = time.monotonic()
    if target.me(login).status != 200:
        raise AssertionError("somebody else was refused meanwhile")
    time.sleep(0.02)
    return time.monotonic() - began


ATTACK = Attack(
    id="oversized",
    title="Oversized requests",
    story="An attacker sends heads, bodies and passwords of a size that nobody needs. A server"
    " that reads or hashes them all runs out of time and memory. Everybody else waits.",
    references=("CWE-770", "ASVS V15.2.2"),
    defences=("the size of a request is limited",),
    run=_run,
    ours=True,
)
