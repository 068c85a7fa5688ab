"""How Sphinx makes a site of the pages: `./dev docs`.

Sphinx reads the pages as they are, and `docs/index.md` gives the chapters.  The picture of the
architecture is drawn by a script from the network; without a network the page shows its text.
"""

import re
from typing import Any

project = html_title = "Doorward"
root_doc = "docs/index"
include_patterns = ["docs/**.md", "*.md"]
suppress_warnings = ["toc.not_included"]  # decisions are found by their own list and by the search

extensions = ["myst_parser", "sphinxcontrib.mermaid"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]

html_theme = "furo"
html_copy_source = False


def chapters(index: str) -> str:
    """The index with what Sphinx makes its menu of: the pages below each heading."""
    parts = re.split(r"^## (.*)\n", index, flags=re.MULTILINE)
    menu = []
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        pages = dict.fromkeys(re.findall(r"\]\(([\w/-]+)\.md\)", text))
        menu += ["```{toctree}", ":hidden:", f":caption: {title}", "", *pages, "```", ""]
    return "\n".join([index, *menu])


def add_chapters(_: object, page: str, source: list[str]) -> None:
    if page == root_doc:
        source[0] = chapters(source[0])


def setup(app: Any) -> None:
    app.connect("source-read", add_chapters)
