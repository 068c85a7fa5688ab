"""docs/asvs.md has every row of levels 1 and 2, and each test that it names exists."""

import ast
import re
from functools import cache
from typing import NamedTuple

from tests.docs.pages import DOCS, ROOT, prose

PAGE = DOCS / "asvs.md"

# ASVS 5.0.0: how many rows each section has, and which of them are of level 3.
SECTIONS = {
    "6.1": (3, set()), "6.2": (12, set()), "6.3": (8, {5, 6, 7, 8}), "6.4": (6, {5, 6}),
    "6.5": (8, {6, 7, 8}), "6.6": (4, {4}), "6.7": (2, {1, 2}), "6.8": (4, set()),
    "7.1": (3, set()), "7.2": (4, set()), "7.3": (2, set()), "7.4": (5, set()),
    "7.5": (3, {3}), "7.6": (2, set()),
    "10.1": (2, set()), "10.2": (3, {3}), "10.3": (5, {5}), "10.4": (16, {12, 13, 14, 15, 16}),
    "10.5": (5, set()), "10.6": (2, set()), "10.7": (3, set()),
}  # fmt: skip
LEVEL_1 = {
    "6.1.1", *(f"6.2.{row}" for row in range(1, 9)), "6.3.1", "6.3.2", "6.4.1", "6.4.2",
    *(f"7.2.{row}" for row in range(1, 5)), "7.4.1", "7.4.2",
    *(f"10.4.{row}" for row in range(1, 6)),
}  # fmt: skip

NEEDS_TEST, NEEDS_REASON = {"met", "setting", "partly"}, {"not met", "not applicable"}


class Row(NamedTuple):
    id: str
    level: str
    requirement: str
    state: str
    where: str
    tests: str


ROWS = [
    Row(*(cell.strip() for cell in line.strip("|").split("|")))
    for line in prose(PAGE).splitlines()
    if re.match(r"\| \d+\.\d", line)
]


def level_of(id: str) -> str:
    section, _, row = id.rpartition(".")
    return "1" if id in LEVEL_1 else "3" if int(row) in SECTIONS[section][1] else "2"


@cache
def defined_in(path: str) -> set[str]:
    found = ROOT / "tests" / path
    if not found.is_file():
        return set()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {each.name for each in ast.parse(found.read_text()).body if isinstance(each, functions)}


def test_every_row_of_levels_1_and_2_is_there_once_in_order_and_at_its_level() -> None:
    every = [f"{section}.{row + 1}" for section, (n, _) in SECTIONS.items() for row in range(n)]
    ids = [row.id for row in ROWS]
    assert ids == [each for each in every if each in ids]
    assert [each for each in every if level_of(each) != "3" and each not in ids] == []
    assert [row.id for row in ROWS if row.level != level_of(row.id)] == []


def test_every_row_has_a_test_or_a_reason() -> None:
    for row in ROWS:
        assert row.state in NEEDS_TEST | NEEDS_REASON, row.id
        assert row.where, f"{row.id} does not say where or why"
        assert bool(row.tests) == (row.state in NEEDS_TEST), row.id
        assert 0 <= row.tests.count("`") <= 4, f"{row.id}: one or two tests"


def test_every_test_that_a_row_names_exists() -> None:
    named = [(row.id, *each) for row in ROWS for each in re.findall(r"`(\S+)::(\w+)`", row.tests)]
    assert 2 * len(named) == sum(row.tests.count("`") for row in ROWS)
    gone = [f"{id}: {path}::{test}" for id, path, test in named if test not in defined_in(path)]
    assert not gone, f"docs/asvs.md names tests that are not there: {gone}"


def test_the_page_lists_every_way_to_log_in() -> None:
    """Each journey that logs somebody in, by an address of one of its routes."""
    ways = prose(PAGE).partition("## The ways to log in")[2].partition("\n## ")[0]
    addresses = set(re.findall(r"`(?:POST )?(/[\w/-]+)`", ways))
    for journey in (ROOT / "src/doorward/server/journeys").iterdir():
        text = "".join(path.read_text() for path in sorted(journey.glob("*.py")))
        if re.search(r"\bawait (log_in|begin_proved)\(", text):
            served = set(re.findall(r'"(/[\w/-]+)"', text))
            assert served & addresses, f"{journey.name} is not in the table of docs/asvs.md"
