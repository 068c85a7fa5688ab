"""Requests per second of one process."""

from statistics import median

from ..contender import Contender
from ..row import Row


def rate(contender: Contender, processes: int) -> int | None:
    """Requests per second, the median of the rounds; None if it was not measured."""
    works = contender.work.get(processes)
    return round(median(work.answers.rate for work in works)) if works else None


def _measure(contender: Contender) -> int | None:
    return rate(contender, 1)


ROW = Row(
    id="one-process",
    topic="Scaling",
    unit="requests/s",
    title="Throughput of 1 process",
    explained="One process under load uses at most one core."
    " The client runs on the same machine and takes its share.",
    how="64 connections, each of which sends its next request after each answer; median of the"
    " rounds.",
    measure=_measure,
)
