"""Links lead somewhere, every page can be found, and words are used one way."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, EVERY, GUIDE, anchors, name, prose, rows

GLOSSARY = DOCS / "glossary.md"
DECISIONS = DOCS / "decisions"


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


def local(page: Path) -> set[Path]:
    """The files of ours that a page links to."""
    targets = [link.partition("#")[0] for link in links(page) if "://" not in link]
    return {(page.parent / target).resolve() if target else page for target in targets}


@pytest.mark.parametrize("page", EVERY, ids=name)
def test_every_local_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(page):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)}: {link}"
        assert not anchor or anchor in anchors(target), f"{name(page)}: {link}"


def test_the_index_lists_every_page() -> None:
    missing = {*GUIDE, DECISIONS / "README.md"} - {DOCS / "index.md"} - local(DOCS / "index.md")
    assert not missing, f"add links to docs/index.md: {sorted(map(name, missing))}"


def test_the_index_of_decisions_lists_every_decision_and_no_other() -> None:
    decisions = {path for path in DECISIONS.glob("*.md") if path.name != "README.md"}
    listed = {path for path in local(DECISIONS / "README.md") if path.parent == DECISIONS}
    wrong = sorted(map(name, listed ^ decisions))
    assert not wrong, f"list each decision that exists in docs/decisions/README.md: {wrong}"


@pytest.mark.parametrize("page", [page for page in GUIDE if page != GLOSSARY], ids=name)
def test_a_page_uses_no_word_that_the_glossary_replaces(page: Path) -> None:
    text = page.read_text().lower()
    for word, cells in rows(GLOSSARY, "## Words").items():
        for other in re.findall(r"`([^`]+)`", cells[1]):
            found = re.search(rf"\b{re.escape(other)}\b", text)
            assert not found, f"{name(page)}: say {word!r}, not {other!r}"


def test_every_measured_number_stands_beside_its_command() -> None:
    text = prose(DOCS / "performance.md")
    unit = re.compile(r"\d\s?(?:us|µs|ms|s|req/s|%)(?![\w-])")
    for line in text.splitlines():
        if unit.search(line):
            assert line.startswith("|"), f"a number outside a table: {line}"
            assert re.search(r"`(?:python bench/|\./dev )", line), f"no command beside it: {line}"


def test_the_pages_show_every_picture_they_keep() -> None:
    pictures = {path.resolve() for path in (DOCS / "img").glob("*") if path.is_file()}
    shown = set().union(*(local(page) for page in GUIDE))
    assert pictures <= shown, f"no page shows {sorted(map(name, pictures - shown))}"
    large = [name(path) for path in pictures if path.stat().st_size >= 100_000]
    assert not large, f"more than 100 kB: {large}"


@pytest.mark.parametrize("page", EVERY, ids=name)
def test_no_page_holds_a_note_to_ourselves_or_an_empty_table(page: Path) -> None:
    text = page.read_text()
    assert "<!--" not in text
    assert not re.search(r"\|-+\|\n(?!\|)", text)
