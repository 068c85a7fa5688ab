"""`doorward doctor`: lists what is unsafe or surprising in a setup."""

import os
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping, Sequence

from ..server.command_options import read_options
from ..server.plural import counted
from ..types import system_clock
from . import REFUSED
from .checks import CHECKS, UNSAFE, Finding
from .commands import carry_out, ordered, parser_of
from .doctor_facts import gather
from .output import Answer, plain

WHAT = "List what is unsafe or surprising in a setup. Takes the options of `doorward serve`."


def main(argv: Sequence[str]) -> int:
    """Look and tell.  Returns the exit status: 1 when something is unsafe."""
    given = parser_of("doorward doctor", WHAT).parse_args(ordered(argv))
    return carry_out(lambda: _examine(given), as_json=given.json)


async def _examine(given: Namespace) -> Answer:
    facts = await gather(read_options(given), os.environ, system_clock)
    found = {name: check(facts) for name, check in CHECKS.items()}
    unsafe = sum(finding.severity == UNSAFE for finding in found.values())
    data = {"findings": [_entry(*each) for each in found.items()], "unsafe": unsafe}
    return Answer(data, _lines(found), status=REFUSED if unsafe else 0)


def _lines(found: Mapping[str, Finding]) -> list[str]:
    lines = []
    for name, finding in found.items():
        lines.append(f"{finding.severity:7}  {name:16}  {plain(finding.says)}")
        if finding.do:
            lines.append(f"{'':7}  {'':16}  > {plain(finding.do)}")
    return [*lines, "", _summary(found)]


def _summary(found: Mapping[str, Finding]) -> str:
    many = Counter(finding.severity for finding in found.values())
    warnings, notes = counted(many["warning"], "warning"), counted(many["note"], "note")
    return f"{many['unsafe']} unsafe, {warnings}, {notes}; {many['ok']} in order."


def _entry(name: str, finding: Finding) -> dict[str, str]:
    return {
        "check": name,
        "severity": finding.severity,
        "says": finding.says,
        "do": finding.do,
    }
