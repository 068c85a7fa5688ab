"""The history as a file: CSV for spreadsheets, JSON lines for programs."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Sequence

from .entry import TEXTS, Kept
from .event_log import utc

HEAD = ("seq", "at", *TEXTS)

_FORMULA = re.compile(r"""(^|(?<![\s,;:|^~"'])[\s,;:|^~"']+)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])""")
"""What begins a formula in a spreadsheet (OWASP: CSV injection), in either width, at the beginning
of a cell.  A spreadsheet of another country uses another separator: it may ignore our quotes and
split our cell into several."""


async def as_csv(pages: AsyncIterator[Sequence[Kept]]) -> AsyncIterator[str]:
    """RFC 4180, with a header.  What a spreadsheet might take for a formula, which any client can
    send as its user agent, has an apostrophe before it."""
    yield _rows([HEAD])
    async for page in pages:
        yield _rows([[_harmless(str(cell)) for cell in _cells(entry)] for entry in page])


async def as_json_lines(pages: AsyncIterator[Sequence[Kept]]) -> AsyncIterator[str]:
    """One JSON object a line, in ASCII: exact, and no line can be forged."""
    async for page in pages:
        yield "".join([f"{document(entry)}\n" for entry in page])


def document(entry: Kept) -> str:
    """One entry as a line of JSON, without its end."""
    values = {"seq": entry.seq, "at": utc(entry.entry.at)}
    values |= {name: getattr(entry.entry, name) for name in TEXTS}
    return json.dumps(values, separators=(",", ":"))


def _cells(entry: Kept) -> list[object]:
    one = entry.entry
    texts = [getattr(one, name) for name in TEXTS[:-1]]
    detail = json.dumps(one.detail, sort_keys=True) if one.detail else ""
    return [entry.seq, utc(one.at), *texts, detail]


def _rows(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    return _FORMULA.sub(r"\1'", cell)
