"""Put the kept results of `bench/peers/run.py` into docs/performance.md.

    python bench/peers/table.py

Replaces the two tables and the line about the machine, which it knows by how they begin.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.peers.catalogue import BY_NAME, EMPTY
from bench.peers.results import Found, Round, Run, read

PAGE = Path(__file__).parents[2] / "docs/performance.md"
COMMAND = "`python bench/peers/run.py`"
COLUMNS = (
    "application",
    "requests per second",
    "us of CPU per request",
    "us that authentication adds",
    "bytes of the credential",
    "MB",
    "a copy of it after logout",
)
PEERS = ("| " + " | ".join(COLUMNS) + " |", "|---|--:|--:|--:|--:|--:|---|")
TARGETS = ("| beside the peers, to be reached | found | command |", "|---|---|---|")
MODES = ("session", "token")
MACHINE = "Taken on "


def peers(run: Run) -> Iterator[str]:
    """Each framework's bare route, then what is compared with it, the cheapest first."""
    yield from PEERS
    for found in sorted(run.found, key=_place):
        yield _row(found, run.versions[found.package])


def _place(found: Found) -> tuple[int, bool, float]:
    return list(BY_NAME).index(found.bare or found.name), found.bare is not None, found.added


def _row(found: Found, version: str) -> str:
    name = f"{found.name} ({found.package} {version})"
    added = "" if found.bare is None else _spread(found, lambda one: one.added, "+.1f")
    cells = [
        f"**{name}**" if found.bare is None else name,
        _spread(found, lambda one: one.rate, ",.0f"),
        _spread(found, lambda one: one.cpu, ".1f"),
        added,
        f"{median(found.credential):.0f}" if any(found.credential) else "",
        f"{median(found.memory) / 1e6:.0f}",
        _after_logout(found),
    ]
    return _line(cells)


def _line(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _spread(found: Found, pick: Callable[[Round], float], form: str) -> str:
    """The median with the least and the most."""
    figures = [pick(one) for one in found.rounds]
    middle, least, most = (f"{pick(figures):{form}}" for pick in (median, min, max))
    return f"{middle} ({least} to {most})"


def _after_logout(found: Found) -> str:
    if not found.cases:
        return ""
    status = found.cases["after logout"]
    return "accepted" if status == 200 else f"refused, {status}"


def targets(run: Run) -> Iterator[str]:
    """What was to be reached, and whether this run did."""
    yield from TARGETS
    for wanted, found in _targets(run):
        yield _line([wanted, found, COMMAND])


def _targets(run: Run) -> Iterator[tuple[str, str]]:
    yield "raw ASGI: authentication adds at most 3 us", _at_most(3, _doorward(run, "raw ASGI"), 0)
    fastapi = _doorward(run, "FastAPI")
    networked = [found for found in fastapi if "SQLite" not in found.name]
    empty = run.named(EMPTY).added
    yield (
        "FastAPI, over one empty dependency, memory and networked stores: at most 5 us",
        _at_most(5, networked, empty),
    )
    yield (
        "FastAPI, SQLite over memory: at most the question whether the file changed",
        _over_memory(fastapi),
    )
    dearest = max(found.added for found in networked)
    for name, times in {"PyJWT": 5.5, "better-auth": 7, "fastapi-users": 60}.items():
        least = min((f for f in run.found if name in f.name), key=lambda found: found.added)
        yield (
            f"at least {times:g} times less added than {least.name.partition(': ')[2]}",
            _judged(f"{least.added / dearest:.1f} times", least.added / dearest >= times),
        )
    yield "the two modes within 1.1 times, in CPU per request, on every store", _modes(fastapi)


def _doorward(run: Run, framework: str) -> list[Found]:
    return [one for one in run.found if one.package == "doorward" and one.bare == framework]


def _at_most(limit: float, found: Sequence[Found], floor: float) -> str:
    figures = {one.name.partition("Doorward, ")[2]: one.added - floor for one in found}
    said = "; ".join(f"{name} {figure:.1f}" for name, figure in figures.items())
    return _judged(said, max(figures.values()) <= limit)


def _over_memory(found: Sequence[Found]) -> str:
    """Not judged here: what the question costs is measured by `bench/authenticate.py`."""
    added = {one.name.partition("Doorward, ")[2]: one.added for one in found}
    more = {mode: added[f"{mode}, SQLite"] - added[f"{mode}, memory"] for mode in MODES}
    return "; ".join(f"{mode} {figure:.1f} us" for mode, figure in more.items())


def _modes(found: Sequence[Found]) -> str:
    cpu = {one.name: median(each.cpu for each in one.rounds) for one in found}
    ratios = {
        name.rpartition(", ")[2]: figure / cpu[name.replace("session", "token")]
        for name, figure in cpu.items()
        if "session" in name
    }
    said = "; ".join(f"{store} {max(ratio, 1 / ratio):.2f}" for store, ratio in ratios.items())
    return _judged(said, all(1 / 1.1 <= ratio <= 1.1 for ratio in ratios.values()))


def _judged(said: str, reached: bool) -> str:
    return said if reached else f"{said}: missed"


def machine(run: Run) -> str:
    """The line that says what the figures were taken on and with."""
    on, rounds = run.machine, [one for found in run.found for one in found.rounds]
    return (
        f"{MACHINE}{on['date']}: {on['cores']} cores, load {on['load before']} before and"
        f" {on['load after']} after, {on['system']}, Python {on['python']}, uvicorn"
        f" {run.versions['uvicorn']} (Flask and Django: gunicorn {run.versions['gunicorn']}),"
        f" {run.client} with {run.connections} connections. Each was started {_times(run.starts)}"
        f" and then measured {_times(run.rounds)} for {run.seconds} seconds. Other work ran when"
        f" {sum(not one.quiet for one in rounds)} of {len(rounds)} measurements began."
    )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def page(text: str, run: Run) -> str:
    """The page with what this run says in the place of what another one said.  Raises `ValueError`
    where the page has no such place."""
    lines = text.splitlines()
    for head, made in ((PEERS[0], peers(run)), (TARGETS[0], targets(run))):
        first = lines.index(head)
        last = next((at for at in range(first, len(lines)) if not lines[at]), len(lines))
        lines[first:last] = made
    place = next((at for at, line in enumerate(lines) if line.startswith(MACHINE)), None)
    if place is None:
        raise ValueError(f"no line begins with {MACHINE!r}")
    lines[place] = machine(run)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(), read()))
