"""Advice as text for people and as JSON."""

from collections.abc import Mapping
from typing import Any

from ..server.options import OPTIONS
from .advice import Advice, Reason
from .answers import Answers
from .figures import COMMAND, result, unit, values

STORES = {"one": "sqlite", "some": "postgresql", "many": "redis"}
"""The store whose figures are cited, by the number of machines."""

LIBRARY = {"trusted_origin": "trusted_origins"}
"""Settings of the library whose option of the server has another name."""


def variables(advice: Advice) -> Mapping[str, str]:
    """The advice as environment variables of `doorward serve`."""
    return {OPTIONS[name].variable: _text(value) for name, value in advice.settings.items()}


def library(advice: Advice) -> str:
    """The advice as a call of `Doorward(...)`."""
    given = dict(advice.settings)
    database = given.pop("sessions", None) or given["database"]
    given.pop("database")
    pairs = "".join(f"    {LIBRARY.get(name, name)}={value!r},\n" for name, value in given.items())
    return f"Doorward(\n    {database!r},\n{pairs})".replace("'", '"')


def as_json(answers: Answers, advice: Advice) -> dict[str, Any]:
    store = STORES[answers.machines]
    return {
        "mode": advice.mode,
        "transport": advice.transport,
        "variables": dict(variables(advice)),
        "library": library(advice),
        "reasons": [
            {
                "about": reason.about,
                "sentence": reason.sentence,
                "rows": [
                    {"id": row, "unit": unit(row), "store": store, "values": values(row, store)}
                    for row in reason.rows
                ],
            }
            for reason in advice.reasons
        ],
        "figures": {"command": COMMAND, "machine": result()["machine"]},
    }


def lines(answers: Answers, advice: Advice) -> list[str]:
    """The advice, its reasons, and both forms of the settings."""
    store, machine = STORES[answers.machines], result()["machine"]
    why = [line for reason in advice.reasons for line in _reason(reason, store)]
    return [
        f"mode       {advice.mode}",
        f"transport  {advice.transport}",
        "",
        *why,
        f"Figures: {store}, {machine['at']}, {machine['cores']} cores.",
        "To measure them on this machine, run `doorward compare`.",
        "",
        "# environment variables for `doorward serve`",
        *(f"{name}={value}" for name, value in variables(advice).items()),
        "",
        "# in an application (from doorward.web.fastapi import Doorward)",
        *library(advice).split("\n"),
    ]


def _reason(reason: Reason, store: str) -> list[str]:
    cited = [f"  {row}: {_figures(row, store)}" for row in reason.rows]
    return [f"{reason.about.capitalize()}. {reason.sentence}", *cited, ""]


def _figures(row: str, store: str) -> str:
    """The values of a row; kinds with the same value share one entry."""
    what = "" if unit(row) == "text" else f" {unit(row)}"
    said: dict[str, list[str]] = {}
    for kind, value in values(row, store).items():
        said.setdefault(f"{_number(value)}{what}", []).append(kind.replace("_", " "))
    return "; ".join(f"{', '.join(kinds)} {text}" for text, kinds in said.items())


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else f"({value})"


def _text(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
