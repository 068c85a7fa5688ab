"""The needs of a fleet, computed from figures of one machine: docs/scale.md.

    python bench/on_paper.py

Reads bench/results/scale.txt (`python bench/scale.py --rows 1000 100000 1000000`) and
bench/results/writes.json (`python bench/writes.py`), and prints the tables of that page.  Every
figure it prints is arithmetic.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorward import Settings
from doorward.web.follower import LOOKS

RESULTS = Path(__file__).parent / "results"

NODES, SESSIONS, LOGINS = 1_000, 100_000_000, 10_000
BUSY = 0.1
"""The part of the sessions that is in use at a moment: assumed."""
LEAVING = 0.2
"""The part of the logins that ends by a logout, and not by itself: assumed."""
TOUCH, RARE_TOUCH = 300, 3_600


@dataclass(frozen=True, slots=True)
class Engine:
    """The rates of one engine on the measured machine, per second, and its bytes of a session."""

    name: str
    bytes: int
    logins: float
    touches: float
    ends: float
    questions: float
    entry_us: float


def engines() -> list[Engine]:
    text, writes = (RESULTS / "scale.txt").read_text(), read_writes()
    found = []
    for name, heading in (("postgresql", "postgres"), ("redis", "redis")):
        # the heading stands behind the load, and the last of three columns is the largest size;
        # every result has both, so each search finds something there
        part = text[re.search(rf"after{heading} ", text).start() :]  # type: ignore[union-attr]  # there
        sizes = re.search(r"bytes per session +[\d,]+ +[\d,]+ +([\d,]+)", part)
        found.append(Engine(name, int(sizes[1].replace(",", "")), **writes[name]))  # type: ignore[index]  # there
    return found


def read_writes() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / "writes.json").read_text())
    return found


def rows(engine: Engine) -> list[tuple[str, str, str]]:
    """Each load, its rate in the fleet, and how many engines like the measured one it takes."""
    ends = LOGINS * LEAVING
    questions = NODES * LOOKS / Settings().max_staleness
    asked = [
        ("logins a second", LOGINS, engine.logins),
        ("logouts a second", ends, engine.ends),
        (f"touches a second, every {TOUCH} s", SESSIONS * BUSY / TOUCH, engine.touches),
        (f"touches a second, every {RARE_TOUCH} s", SESSIONS * BUSY / RARE_TOUCH, engine.touches),
        ("polls by the nodes a second, when nothing changes", questions, engine.questions),
    ]
    return [(what, f"{need:,.0f}", f"{need / one:.1f}") for what, need, one in asked]


def table(engine: Engine) -> list[str]:
    needed = "engines needed, each like the measured one"
    head = [f"| {engine.name} | needed | {needed} |", "|---|--:|--:|"]
    size = f"| bytes of all sessions | {SESSIONS * engine.bytes / 1e9:.0f} GB | - |"
    return [*head, size, *(f"| {what} | {need} | {times} |" for what, need, times in rows(engine))]


def fleet() -> list[str]:
    """The work of each node, and of all nodes together."""
    milliseconds = read_writes()["password"]["ms"]
    ends = LOGINS * LEAVING
    told = [
        f"| {engine.name}: CPU of a node to learn {ends:,.0f} changes a second |"
        f" {ends * engine.entry_us / 1e4:.1f} % of a core |"
        for engine in engines()
    ]
    cores = f"{LOGINS * milliseconds / 1e3:,.0f}"
    return [
        "| what | arithmetic |",
        "|---|--:|",
        f"| cores that hash passwords, at {milliseconds} ms each | {cores} |",
        f"| logins a second at one node | {LOGINS / NODES:,.0f} |",
        *told,
        f"| changes handed out by the engine to all nodes | {ends * NODES:,.0f} a second |",
    ]


def lag() -> list[str]:
    """The time between two answers to one follower while changes keep coming."""
    head = ["| engine | between two answers to one node |", "|---|--:|"]
    return [*head, *(f"| {each.name} | {NODES / each.questions:.2f} s |" for each in engines())]


def tables() -> list[list[str]]:
    """Those of the page, in its order."""
    return [*map(table, engines()), fleet(), lag()]


def main() -> None:
    print("\n\n".join("\n".join(each) for each in tables()))


if __name__ == "__main__":
    main()
