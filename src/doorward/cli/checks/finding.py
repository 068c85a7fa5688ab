"""What one check found."""

from dataclasses import dataclass
from typing import Literal

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
