"""The rows: each has a file, two sentences and a line in the docs."""

import re
from pathlib import Path
from pkgutil import iter_modules

import pytest

from doorward.compare import rows
from doorward.compare.catalogue import ROWS
from doorward.compare.row import Row
from tests.docs.pages import DOCS

TOPICS = (
    *("Bandwidth", "Work per request", "Latency", "Scaling", "Upkeep", "Control", "Visibility"),
    *("Platforms", "Theft", "Stolen database", "Stolen key"),
)


def test_each_file_is_one_row_with_its_name() -> None:
    files = {module.name.replace("_", "-") for module in iter_modules(rows.__path__)}
    assert files == {row.id for row in ROWS}
    assert len(ROWS) == len(files)


def test_every_point_of_the_argument_has_rows_in_its_order() -> None:
    assert tuple(dict.fromkeys(row.topic for row in ROWS)) == TOPICS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_explained_in_two_sentences_and_says_how_it_is_measured(row: Row) -> None:
    assert len(re.findall(r"[.?](?: |$)", row.explained)) == 2, row.explained
    assert row.how.endswith(".")


def test_the_docs_have_each_row_as_it_is() -> None:
    text = (DOCS / "compare.md").read_text()
    documented = re.findall(
        r"^\| `([a-z0-9-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE
    )
    real = [(row.id, row.unit, f"**{row.title}.** {row.explained}", how(row)) for row in ROWS]
    assert documented == real, "copy the texts of the row into its table in docs/compare.md"


def how(row: Row) -> str:
    return f"arithmetic: {row.how}" if row.arithmetic else row.how


def test_the_files_of_rows_are_small() -> None:
    folder = Path(str(rows.__file__)).parent
    assert max(len(file.read_text().splitlines()) for file in folder.glob("*.py")) < 80
