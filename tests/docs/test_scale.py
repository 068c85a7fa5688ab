"""The tables of docs/scale.md are what the command beside them prints."""

from bench.on_paper import tables
from tests.docs.pages import DOCS


def test_the_tables_are_computed_from_the_stored_results() -> None:
    page = (DOCS / "scale.md").read_text()
    for table in tables():
        assert "\n".join(table) in page, "put in what `python bench/on_paper.py` prints"
