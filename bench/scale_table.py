"""The tables that `bench/scale.py` prints, and its targets."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 30


class Cost(NamedTuple):
    """Microseconds for each check."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} / {self.cpu:.2f}"


class Found(NamedTuple):
    """The measured costs of a store at a number of rows."""

    costs: dict[str, Cost]
    reads: dict[str, float]
    verbs: dict[str, float]
    bytes_each: float


def show(name: str, found: dict[int, Found]) -> None:
    sizes = list(found)
    print(f"{name:46}" + "".join(f"{size:>{WIDTH},}" for size in sizes))
    row("bytes per session", [f"{found[size].bytes_each:,.0f}" for size in sizes])
    print("us per check, by the clock / CPU")
    for what in found[sizes[0]].costs:
        costs = [found[size].costs[what] for size in sizes]
        row(what, [f"{cost}  {1e6 / cost.wall:9,.0f}/s" for cost in costs])
    for what in found[sizes[0]].reads:
        row(what, [f"{found[size].reads[what]:,.1f}" for size in sizes])
    print("ms of a verb")
    for what in found[sizes[0]].verbs:
        row(what, [f"{found[size].verbs[what]:.2f}" for size in sizes])


def row(what: str, cells: Sequence[str]) -> None:
    print(f"  {what:44}" + "".join(f"{cell:>{WIDTH}}" for cell in cells), flush=True)


def judge(name: str, found: dict[int, Found]) -> None:
    """The targets, of the largest number of rows."""
    print()
    least, most = min(found), max(found)
    small, large = found[least].costs, found[most].costs
    for mode in ("session", "token"):
        hit = f"{mode}, view hit, 1 in flight"
        target(f"{name}: {hit}, us", large[hit].wall, 2.5)
        what = f"{mode}: rows read or written per 1,000 requests"
        target(f"{name}: {what}", found[most].reads[what], 0)
    grown = {what: large[what].cpu / small[what].cpu for what in large}
    for what, times in grown.items():
        if "1 in flight" in what:
            target(f"{name}: {what}, CPU at {most:,} / at {least:,}", times, 1.25)
    if name == "redis":
        target(
            "redis: a miss, 32 in flight, CPU us", large["session, view miss, 32 in flight"].cpu, 15
        )


def target(what: str, value: float, most: float) -> None:
    verdict = "reached" if value <= most else "MISSED"
    print(f"{what:66} {value:9.2f}, at most {most:g}: {verdict}")
