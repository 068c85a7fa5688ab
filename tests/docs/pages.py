"""The pages of the documentation and what stands in them.

What the first word after a fence means, and the rest of that line:

    python              run, in order, in one module for the page
    python FILE.py      written to the page's folder, then run
    python test_FILE.py written to the page's folder, then run by pytest there
    python conftest.py  written to the page's folder
    python in app.py    lines of the quickstart's `app.py`
    python served       an application of another framework, served by `test_frameworks.py`
    python no-run: WHY  read by Python, not run
    console             a transcript against a real server: `$ command`, then what it answers
    console token       the same, the server being in token mode; options of `serve` may follow
    js own              run in Chromium on a page of the server's own origin, all blocks of the page
                        as one script; what stands behind `//` after a `console.log` is compared
    js bearer           the same on a page of a trusted origin on another site
    js cookie           the same on a page of a trusted origin on the same site
    bash                commands for the reader: each must exist, with its options
    sh NAME             a program of the reader's, run by the test of its page
    json                must be JSON
    ini                 read by Python's parser; what it starts must exist
    mermaid             a picture, drawn by whatever shows the page
    text                for people only
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDE = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
"""The pages about using Doorward."""

EVERY = (*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")))


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `kind` is its first word, `more` the rest of that line."""

    page: Path
    line: int
    kind: str
    more: str
    text: str

    def __str__(self) -> str:
        return f"{name(self.page)}:{self.line}"


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[Block]:
    """Every fenced block of a page; `line` is that of its first line of text."""
    opened: tuple[int, str] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = line.strip().startswith("```")
        if fence and opened is None:
            opened, lines = (number + 1, line.strip().strip("`")), []
        elif fence and opened is not None:
            kind, _, more = opened[1].partition(" ")
            yield Block(page, opened[0], kind, more, "\n".join(lines) + "\n")
            opened = None
        else:
            lines.append(line)
    assert opened is None, f"{name(page)}: a block is not closed"


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def rows(page: Path, heading: str) -> dict[str, list[str]]:
    """The tables under a heading: the cells of each row by its first cell's code words."""
    _, found, section = prose(page).partition(f"\n{heading}\n")
    assert found, f"{name(page)} has no heading {heading!r}"
    level = heading.partition(" ")[0]
    section = re.split(rf"^#{{1,{len(level)}}} ", section, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    table = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    found_rows = {cells[0].replace("`", ""): cells[1:] for cells in table}
    assert len(found_rows) == len(table), f"{name(page)}: a row stands twice under {heading}"
    return found_rows


def code(cell: str) -> str:
    """What stands between the first backticks of a cell."""
    return cell.split("`")[1]


def anchors(page: Path) -> set[str]:
    """Where links into a page may point, as GitHub names its headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in plain}
