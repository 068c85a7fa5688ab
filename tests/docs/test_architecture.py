"""What docs/architecture.md names exists, and its picture is that of the import contracts."""

import re
import tomllib

import pytest

from tests.docs.pages import DOCS, ROOT, blocks, prose

PAGE = DOCS / "architecture.md"
PACKAGE = ROOT / "src" / "doorward"
NAMED = re.findall(r"`([\w./-]+\.(?:py|md|html|toml))(?:::(\w+))?`", prose(PAGE))
"""The files in backticks, each with the test in it that is meant, or an empty string."""

PICTURE = next(block.text for block in blocks(PAGE) if block.kind == "mermaid")
CONTRACTS = {
    contract["containers"][0]: contract["layers"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    if contract["type"] == "layers"
}


def test_every_file_and_test_that_the_page_names_exists() -> None:
    assert len(NAMED) > 100
    missing = []
    for path, test in NAMED:
        found = [each / path for each in (ROOT, PACKAGE) if (each / path).is_file()]
        if "NAME" in path:
            continue
        if not found or (test and not re.search(rf"(def|class) {test}\b", found[0].read_text())):
            missing.append(f"{path}::{test}" if test else path)
    assert not missing, f"docs/architecture.md names what does not exist: {missing}"


@pytest.mark.parametrize(
    ("package", "prefix"), [("doorward", ""), ("doorward.server", "server_")]
)
def test_the_picture_shows_every_part_and_its_arrows_point_down(package: str, prefix: str) -> None:
    layers = [[part.strip() for part in layer.split("|")] for layer in CONTRACTS[package]]
    level = {
        f"{prefix}{part}": depth
        for depth, layer in enumerate(layers)
        for part in layer
        if part != "__main__"
    }
    shown = set(re.findall(r"^ +(\w+)(?:\[.*\])?$", PICTURE, re.MULTILINE))
    of_server = {name for name in shown if name.startswith("server_")}
    drawn = of_server if prefix else shown - of_server - {"end"}
    assert drawn == set(level), "in the picture of docs/architecture.md: one node for each part"
    arrows = re.findall(r"(\w+) --> (\w+)", PICTURE)
    wrong = [each for each in arrows if {*each} <= set(level) and level[each[0]] >= level[each[1]]]
    assert not wrong, f"in the picture of docs/architecture.md these arrows do not point down: {wrong}"
