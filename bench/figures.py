"""Put the kept results of the benches into docs/performance.md.

    python bench/figures.py

A table is known by its first line, and replaced to its end.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.peers import results, table
from bench.tables import MODES, line, replaced, reworded, spread

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/performance.md"
CHECKS = "`python bench/authenticate.py`"
REQUESTS = "`python bench/request_cost.py`"
LOGINS = "`python bench/logins.py`"
Run = Mapping[str, Any]


def write(name: str, run: Run) -> None:
    _path(name).write_text(json.dumps(run, indent=1) + "\n")


def read(name: str) -> Run:
    run: Run = json.loads(_path(name).read_text())
    return run


def _path(name: str) -> Path:
    return HERE / f"results/{name}.json"


def checks(run: Run) -> Iterator[str]:
    """What a check and a login cost in a process, by mode."""
    found = run["microseconds"]
    yield "| microseconds | session | token | command |"
    yield "|---|--:|--:|---|"
    for what in ("checked before", "first sight", "login"):
        for store, name in (("memory", "memory"), ("sqlite", "SQLite")):
            cells = [f"{found[f'{what}, {mode}, {store}']:,.1f}" for mode in MODES]
            title = "login, without the password" if what == "login" else what
            yield line(f"{title}, {name}", *cells, CHECKS)
    asked = f"{found['data_version']:.1f}"
    yield line("the question whether a file of SQLite changed, alone", asked, asked, CHECKS)
    yield line("a signature checked, alone", "", f"{found['signature']:.1f}", CHECKS)


def requests(run: Run) -> Iterator[str]:
    """What a request costs more than the same without Doorward, in a process."""
    yield "| microseconds that Doorward adds | session | token | command |"
    yield "|---|--:|--:|---|"
    found = run["microseconds"]
    for title in REQUEST_ROWS:
        framework, _, rest = title.partition(", ")
        cells = [f"{found[f'{framework}, {mode}, {rest}']:.1f}" for mode in MODES]
        yield line(title, *cells, REQUESTS)


REQUEST_ROWS = (
    "raw ASGI, memory",
    "raw ASGI, SQLite",
    "FastAPI, memory",
    "FastAPI, a route that asks nobody",
)


def logins(run: Run) -> Iterator[str]:
    """What logins cost those who are logged in."""
    yield "| one process, while eight clients log in without a pause | found | command |"
    yield "|---|--:|---|"
    for title, pick, form in LOGIN_ROWS:
        yield line(title, spread([pick(one) for one in run["rounds"]], form), LOGINS)


LOGIN_ROWS: tuple[tuple[str, Callable[[Mapping[str, float]], float], str], ...] = (
    ("logins in a second", lambda one: one["logins"], ".1f"),
    ("Argon2id alone, in as many threads, in a second", lambda one: one["alone"], ".1f"),
    ("ratio of the two", lambda one: one["logins"] / one["alone"], ".2f"),
    ("`GET /me`, p99, nobody logs in, ms", lambda one: one["idle"], ".2f"),
    ("`GET /me`, p99, meanwhile, ms", lambda one: one["busy"], ".2f"),
    ("times as long", lambda one: one["busy"] / one["idle"], ".1f"),
    ("CPU of the clients for each login, ms", lambda one: one["client"], ".2f"),
)


def page(text: str) -> str:
    """The page with what the kept runs say.  Raises `ValueError` where it lacks their place."""
    runs = {name: read(name) for name in ("authenticate", "request_cost", "logins")}
    peers = results.read()
    for made in (
        checks(runs["authenticate"]),
        requests(runs["request_cost"]),
        logins(runs["logins"]),
        table.peers(peers),
        table.targets(peers),
    ):
        text = replaced(text, made)
    for name, run in runs.items():
        text = reworded(text, f"`bench/results/{name}.json`: ", f"{run['machine']}.")
    return reworded(text, "`bench/results/peers.json`: ", table.circumstances(peers))


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
