"""The event log: one line of JSON for each thing that happened."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

log = logging.getLogger("doorward.events")


def write(level: int, kind: str, at: int, fields: Mapping[str, object]) -> None:
    """Write a line, if anybody reads lines of this level."""
    if log.isEnabledFor(level):
        log.log(level, "%s", line(kind, at, fields))


def line(kind: str, at: int, fields: Mapping[str, object]) -> str:
    """One line of JSON, ASCII alone: what a client wrote cannot forge a line or colour a terminal
    (ASVS 16.4.1).  Empty fields are left out."""
    shown = {"event": kind, "at": utc(at), **{k: v for k, v in fields.items() if v}}
    return json.dumps(shown, separators=(",", ":"))


def utc(at: int) -> str:
    """A moment to the second (RFC 3339)."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
