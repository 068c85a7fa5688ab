"""A stored result of `doorward compare`, which advice cites without measuring."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

COMMAND = "doorward compare --store sqlite:///FILE --store POSTGRESQL_URL --store REDIS_URL --json"
"""The command that made the result; `python -m tools.pictures --compare` runs it on new stores."""


@cache
def result() -> Mapping[str, Any]:
    """The JSON document that the command printed."""
    text = files("doorward.advise").joinpath("result.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def values(row: str, store: str) -> Mapping[str, Any]:
    """The values of a row at one store, and those of plain JWTs, by kind."""
    found = next(each for each in result()["rows"] if each["id"] == row)
    wanted = (store, "none")
    pairs = (
        (column.partition(" @ "), value)
        for column, value in found["values"].items()
        if value is not None
    )
    return {kind: value for (kind, _, at), value in pairs if at in wanted}


def unit(row: str) -> str:
    found = next(each for each in result()["rows"] if each["id"] == row)
    return str(found["unit"])
