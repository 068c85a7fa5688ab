"""What one check found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["ok", "note", "warning", "unsafe"]

OK: Severity = "ok"
NOTE: Severity = "note"
WARNING: Severity = "warning"
UNSAFE: Severity = "unsafe"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: how bad, what it is, and what to do about it."""

    severity: Severity
    says: str
    do: str = ""


def worst(found: Sequence[Finding]) -> Finding:
    """The worst of several, or, when all are in order, what each says."""
    most = max(found, key=lambda finding: get_args(Severity).index(finding.severity))
    if most.severity != OK:
        return most
    return Finding(OK, " ".join(dict.fromkeys(finding.says for finding in found)))
