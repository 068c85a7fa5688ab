"""Advice as text for people and as JSON."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..server.options import OPTIONS
from ..settings import DAY, HOUR, MINUTE
from .advice import Advice
from .answers import Answers
from .figures import COMMAND, result, unit
from .figures import values as measured

STORES = {"one": "sqlite", "some": "postgresql", "many": "redis"}
"""The store whose figures are cited, by the number of machines."""

PUBLIC_ORIGIN = "https://login.example.org"
"""Where people reach the server: an example, which the reader replaces."""

NEXT = {
    "bearer": 'Log in with "transport": "bearer": docs/client-spa.md, docs/client-mobile.md.',
    "cookie": "Before an important act, ask for the password again: docs/step-up.md.",
    "cookie and bearer": 'Clients name their "transport" at login: docs/client-mobile.md.',
}
"""What to read next, by the transport."""

ASKING = ("work", "store-reads", "thousand-nodes")
"""Rows measured with nodes that answer from memory.  If each request asks the store, only the
figure of the plain session applies, because it asks as well."""

LIBRARY = {"trusted_origin": "trusted_origins"}
"""Settings of the library whose option of the server has another name."""


_SECONDS = re.compile(r"([0-9][0-9,]*) s\b")


def variables(advice: Advice) -> Mapping[str, str]:
    """The advice as environment variables of `doorward serve`."""
    given = {"public_origin": PUBLIC_ORIGIN, **advice.settings}
    return {OPTIONS[name].variable: _text(value) for name, value in given.items()}


def library(advice: Advice) -> str:
    """The advice as a call of `Doorward(...)`."""
    given = dict(advice.settings)
    database = given.pop("sessions", None) or given["database"]
    given.pop("database")
    pairs = "".join(f"    {LIBRARY.get(name, name)}={value!r},\n" for name, value in given.items())
    return f"Doorward(\n    {database!r},\n{pairs})".replace("'", '"')


def as_json(answers: Answers, advice: Advice) -> dict[str, Any]:
    store, values = STORES[answers.machines], partial(_values, answers, advice)
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
                    {"id": row, "unit": unit(row), "store": store, "values": values(row)}
                    for row in reason.rows
                ],
            }
            for reason in advice.reasons
        ],
        "figures": {"command": COMMAND, "machine": result()["machine"]},
    }


def lines(answers: Answers, advice: Advice) -> list[str]:
    """The advice, its reasons, and both forms of the settings."""
    return [
        f"mode       {advice.mode}",
        f"transport  {advice.transport}",
        "",
        "# environment variables for `doorward serve`; replace the example hosts",
        *(f"{name}={value}" for name, value in variables(advice).items()),
        "",
        "# in an application (from doorward.web.fastapi import Doorward)",
        *library(advice).split("\n"),
        "",
        *_reasons(answers, advice),
        NEXT[advice.transport],
    ]


def _reasons(answers: Answers, advice: Advice) -> list[str]:
    """Each with its figures; a row that several cite stands below the first."""
    store, machine = STORES[answers.machines], result()["machine"]
    cited, found = set[str](), list[str]()
    for reason in advice.reasons:
        new = [row for row in reason.rows if row not in cited]
        cited |= set(new)
        found.append(f"{reason.about.capitalize()}. {reason.sentence}")
        found += [*(f"  {row}: {_figures(row, _values(answers, advice, row))}" for row in new), ""]
    return [
        *found,
        f"Figures: {store}, {machine['at']}, {machine['cores']} cores, with the default settings.",
        "Differences below 20 us or 20 ms are noise. `doorward compare` measures on this machine.",
        "",
    ]


def _values(answers: Answers, advice: Advice, row: str) -> Mapping[str, Any]:
    """The values of a row by kind, without those that the advised settings change."""
    found = measured(row, STORES[answers.machines])
    if row not in ASKING or advice.settings.get("max_staleness") != 0:
        return found
    return {kind: value for kind, value in found.items() if kind == "plain_session"}


def _figures(row: str, values: Mapping[str, Any]) -> str:
    """The values of a row; kinds with the same value share one entry."""
    said: dict[str, list[str]] = {}
    for kind, value in values.items():
        said.setdefault(_quantity(value, unit(row)), []).append(kind.replace("_", " "))
    return "; ".join(f"{', '.join(kinds)} {text}" for text, kinds in said.items())


def _quantity(value: object, unit: str) -> str:
    """A value with its unit; long times in minutes, hours or days."""
    if not isinstance(value, int | float):
        return f"({_SECONDS.sub(_spelled, str(value))})"
    return _long(value * {"s": 1.0, "ms": 0.001}.get(unit, 0)) or f"{value:,} {unit}"


def _spelled(found: re.Match[str]) -> str:
    return _long(float(found[1].replace(",", ""))) or found[0]


def _long(seconds: float) -> str:
    """A time of at least two minutes in a larger unit; empty for a shorter one."""
    for name, length in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {name}"
    return ""


def _text(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
