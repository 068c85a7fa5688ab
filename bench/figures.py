"""Put the kept results of `bench/authenticate.py` and `bench/logins.py` into docs/performance.md.

    python bench/figures.py

A table is known by its first line, and replaced to its end.
"""

import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/performance.md"
MODES = ("session", "token")
Run = Mapping[str, Any]


def keep(name: str, run: Run) -> None:
    _kept(name).write_text(json.dumps(run, indent=1) + "\n")


def kept(name: str) -> Run:
    run: Run = json.loads(_kept(name).read_text())
    return run


def _kept(name: str) -> Path:
    return HERE / f"results/{name}.json"


def machine(load_before: float) -> str:
    """What a run was made on, in a line for readers: no host, no path."""
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, load {load_before:.1f} before,"
        f" {os.getloadavg()[0]:.1f} after, Python {platform.python_version()}"
    )


def checks(run: Run) -> Iterator[str]:
    """What a check and a login cost in a process, by mode."""
    found = run["micro"]
    yield "| microseconds | session | token | command |"
    yield "|---|--:|--:|---|"
    for what in ("checked before", "first sight", "login"):
        for store, name in (("memory", "memory"), ("sqlite", "SQLite")):
            cells = [f"{found[f'{what}, {mode}, {store}']:,.1f}" for mode in MODES]
            title = "login, without the password" if what == "login" else what
            yield _line(f"{title}, {name}", *cells, MICRO)
    yield _line("the question whether a file of SQLite changed, alone", *_twice(found), MICRO)
    yield _line("a signature checked, alone", "", f"{found['signature']:.1f}", MICRO)


def _twice(found: Mapping[str, float]) -> list[str]:
    return [f"{found['data_version']:.1f}"] * 2


def live(run: Run) -> Iterator[str]:
    """What a request costs more than the same route without Doorward, in a live server."""
    yield "| application | us of CPU added | requests per second kept | command |"
    yield "|---|--:|--:|---|"
    for name, rounds in run["live"].items():
        added = spread([cpu - bare for _, cpu, _, bare in rounds], ".1f")
        share = spread([rate / bare for rate, _, bare, _ in rounds], ".2f")
        yield _line(TITLES[name], added, share, LIVE)


def logins(run: Run) -> Iterator[str]:
    """What logins cost those who are logged in."""
    yield "| one process, while eight clients log in without a pause | found | command |"
    yield "|---|--:|---|"
    for title, pick, form in LOGINS:
        yield _line(title, spread([pick(one) for one in run["rounds"]], form), LOGIN)


def spread(figures: list[float], form: str) -> str:
    """The median with the least and the most."""
    middle, least, most = (f"{pick(figures):{form}}" for pick in (median, min, max))
    return f"{middle} ({least} to {most})"


def _line(*cells: str) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


MICRO = "`python bench/authenticate.py --micro`"
LIVE = "`python bench/authenticate.py`"
LOGIN = "`python bench/logins.py`"

TITLES = {
    "raw session": "raw ASGI, session, memory",
    "raw token": "raw ASGI, token, memory",
    "raw session sqlite": "raw ASGI, session, SQLite",
    "raw token sqlite": "raw ASGI, token, SQLite",
    "starlette session": "Starlette, session, memory",
    "starlette token": "Starlette, token, memory",
    "fastapi session": "FastAPI, session, memory, over one empty dependency",
    "fastapi token": "FastAPI, token, memory, over one empty dependency",
}

Pick = Callable[[Mapping[str, float]], float]
LOGINS: tuple[tuple[str, Pick, str], ...] = (
    ("logins in a second", lambda one: one["logins"], ".1f"),
    ("Argon2id alone, in as many threads, in a second", lambda one: one["alone"], ".1f"),
    ("of these, kept", lambda one: one["logins"] / one["alone"], ".2f"),
    ("`GET /me`, p99, nobody logs in, ms", lambda one: one["idle"], ".2f"),
    ("`GET /me`, p99, meanwhile, ms", lambda one: one["busy"], ".2f"),
    ("times as long", lambda one: one["busy"] / one["idle"], ".1f"),
    ("CPU of the clients for each login, ms", lambda one: one["client"], ".2f"),
)


def page(text: str) -> str:
    """The page with what the kept runs say.  Raises `ValueError` where it lacks their place."""
    runs = {name: kept(name) for name in ("authenticate", "logins")}
    for made in (checks(runs["authenticate"]), live(runs["authenticate"]), logins(runs["logins"])):
        text = replaced(text, list(made))
    for name, run in runs.items():
        text = _dated(text, name, run)
    return text


def replaced(text: str, table: list[str]) -> str:
    """The text with this table in the place of the one that begins with the same line."""
    lines = text.splitlines()
    first = lines.index(table[0])
    last = next((at for at in range(first, len(lines)) if not lines[at]), len(lines))
    return "\n".join([*lines[:first], *table, *lines[last:]]) + "\n"


def _dated(text: str, name: str, run: Run) -> str:
    start = f"`bench/results/{name}.json`: "
    lines = text.splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith(start)), None)
    if at is None:
        raise ValueError(f"no line begins with {start!r}")
    lines[at] = f"{start}{run['machine']}."
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
