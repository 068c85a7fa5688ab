"""What docs/architecture.md names exists, and its picture is that of the import contracts."""

import re
import tomllib

import pytest

from tests.docs.pages import DOCS, ROOT, blocks, prose

PAGE = DOCS / "architecture.md"
PLACES = (ROOT, ROOT / "src" / "doorward")
"""Where the paths of the page begin."""

NAMED = re.findall(r"`([\w./-]+\.(?:py|md|html|toml|conf))(?:::(\w+))?`", prose(PAGE))
"""The files in backticks, each with the test in it that is meant, or an empty string."""

PICTURE = next(block.text for block in blocks(PAGE) if block.kind == "mermaid")


def exists(path: str, test: str) -> bool:
    """Whether there is such a file, with such a test.  NAME stands for what the reader adds."""
    found = [place / path for place in PLACES if (place / path).is_file()]
    if not found or not test:
        return bool(found) or "NAME" in path
    return re.search(rf"(def|class) {test}\b", found[0].read_text()) is not None


def test_every_file_and_test_that_the_page_names_exists() -> None:
    assert len(NAMED) > 100
    missing = [f"{path} {test}".strip() for path, test in NAMED if not exists(path, test)]
    assert not missing, f"in docs/architecture.md, which names what does not exist: {missing}"


def levels(package: str) -> dict[str, int]:
    """How deep each part of a package lies by the import contracts."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [
        each["layers"] for each in contracts["contracts"] if each.get("containers") == [package]
    ]
    named = enumerate(layer.split(" | ") for layer in layers)
    return {part: level for level, parts in named for part in parts if part != "__main__"}


@pytest.mark.parametrize(("package", "prefix"), [("doorward", ""), ("doorward.server", "server_")])
def test_the_picture_shows_every_part_and_its_arrows_point_down(package: str, prefix: str) -> None:
    level = {prefix + part: depth for part, depth in levels(package).items()}
    shown = {*re.findall(r"^ +(\w+)(?:\[.*\])?$", PICTURE, re.MULTILINE)} - {"end"}
    drawn = {name for name in shown if name.startswith("server_") == bool(prefix)}
    assert drawn == set(level), f"in the picture of docs/architecture.md: {drawn ^ set(level)}"
    arrows = re.findall(r"(\w+) --> (\w+)", PICTURE)
    within = [(one, other) for one, other in arrows if {one, other} <= set(level)]
    wrong = [f"{one} --> {other}" for one, other in within if level[one] >= level[other]]
    assert not wrong, f"in the picture of docs/architecture.md these do not point down: {wrong}"
