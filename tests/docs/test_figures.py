"""The tables of docs/performance.md say what their benches found."""

from bench import figures


def test_the_tables_equal_the_kept_results() -> None:
    text = figures.PAGE.read_text()
    assert text == figures.page(text), "run: python bench/figures.py"
