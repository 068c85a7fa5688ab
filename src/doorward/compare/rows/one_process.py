"""Requests per second of one process."""

from statistics import median

from ..contender import Contender
from ..row import Row


def rate(contender: Contender, processes: int) -> int | None:
    """Requests per second, the median of the rounds; None where it was not tried."""
    works = contender.work.get(processes)
    return round(median(work.answers.rate for work in works)) if works else None


def _measure(contender: Contender) -> int | None:
    return rate(contender, 1)


ROW = Row(
    id="one-process",
    topic="Scaling",
    unit="requests/s",
    title="With 1 process",
    explained="This is what one process answers under load, on one core at most."
    " The client that asks takes a share of the same machine.",
    how="64 connections that each ask again as soon as they are answered; median of the rounds.",
    measure=_measure,
)
