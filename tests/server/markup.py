"""What is wrong with the HTML of a page: a part of the standard's rules, checked without a browser.

html5lib reports what a parser has to repair.  The rest are the content models and attributes of
the elements that the pages use.  An element that is unknown here is a fault: give it its rule.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
from html5lib.html5parser import ParseError


def named(text: str) -> frozenset[str]:
    """The elements of a list in words."""
    return frozenset(text.split())


PHRASING = named(
    "a abbr b bdi br button code em i img input kbd label mark select small span strong svg"
    " textarea time"
)
HEADINGS = named("h1 h2 h3 h4")
FLOW = (
    PHRASING
    | HEADINGS
    | named(
        "article aside details div dl fieldset footer form header hr main nav noscript ol p pre"
    )
    | named("section table ul")
)
RULES = (
    ("abbr b bdi button code em i kbd label mark small span strong time", PHRASING),
    ("h1 h2 h3 h4 p pre", PHRASING),
    ("legend summary", PHRASING | HEADINGS),
    ("a article aside body caption dd div dt footer form header li main nav", FLOW),
    ("noscript section td", FLOW),
    ("th", FLOW - HEADINGS - named("article aside footer header nav section")),
    ("details", FLOW | {"summary"}),
    ("fieldset", FLOW | {"legend"}),
    ("dl", named("dt dd div")),
    ("ol ul", named("li")),
    ("table", named("caption thead tbody tr")),
    ("thead tbody", named("tr")),
    ("tr", named("td th")),
    ("select", named("option optgroup")),
    ("optgroup", named("option")),
    ("br hr img input option textarea", named("")),
)
HOLDS = {one: inside for those, inside in RULES for one in those.split()}
"""Which elements may stand in which."""

ACTIVE = {"a", "button", "details", "input", "label", "select", "textarea"}
NOTHING_ACTIVE = {"a", "button"}
NO_TEXT = {"dl", "ol", "select", "table", "tbody", "thead", "tr", "ul"}
OWN_RULES = {"svg", "head"}
"""Drawings and heads are not looked into."""


def faults(html: str) -> list[str]:
    """What the standard forbids, one sentence each; empty for a page that is valid."""
    try:
        root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    except ParseError as error:
        return [f"a parser has to repair it: {error}"]
    return [*_repeated_ids(root), *_below(root.find("body"), frozenset())]


def _repeated_ids(root: Element) -> Iterator[str]:
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    yield from (f"the id {one} is given twice" for one in sorted({*ids}) if ids.count(one) > 1)


def _below(one: Element, around: frozenset[str]) -> Iterator[str]:
    if one.tag in OWN_RULES or "svg" in str(one.tag):
        return
    if one.tag not in HOLDS:
        yield f"<{one.tag}> has no rule here"
        return
    yield from _contents(one)
    yield from _attributes(one)
    for child in one:
        if child.tag in ACTIVE and around & NOTHING_ACTIVE:
            yield f"<{child.tag}> inside of {sorted(around & NOTHING_ACTIVE)} can be pressed too"
        yield from _below(child, around | {str(child.tag)})


def _contents(one: Element) -> Iterator[str]:
    allowed = HOLDS[str(one.tag)] | (named("dt dd") if one.tag == "div" else named(""))
    for child in one:
        tag = str(child.tag).rpartition("}")[2]
        if tag not in allowed:
            yield f"<{one.tag}> must not hold <{tag}>"
    words = [one.text, *(child.tail for child in one)]
    if one.tag in NO_TEXT and any(each and each.strip() for each in words):
        yield f"<{one.tag}> must not hold text"
    if one.tag == "table":
        yield from _table(one)


def _table(table: Element) -> Iterator[str]:
    widths, spans = set(), dict[int, int]()
    for number, row in enumerate(table.iter("tr")):
        for cell in row:
            for below in range(int(cell.attrib.get("rowspan", "1"))):
                at = number + below
                spans[at] = spans.get(at, 0) + int(cell.attrib.get("colspan", "1"))
        widths.add(spans[number])
    if len(widths) > 1:
        yield f"the rows of a table have {sorted(widths)} cells"
    if any("scope" not in each.attrib for each in table.iter("th")):
        yield "a <th> does not say whether it is the head of a row or of a column"


def _attributes(one: Element) -> Iterator[str]:
    if one.tag == "img" and "alt" not in one.attrib:
        yield "an <img> has no alt"
    if one.tag == "button" and one.attrib.get("type", "submit") not in {"submit", "button"}:
        yield "a <button> has a type that does not exist"
    if one.tag in {"div", "span"} and "aria-label" in one.attrib and "role" not in one.attrib:
        yield f"a <{one.tag}> without a role has no name"
