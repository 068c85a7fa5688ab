"""The event log: one line of JSON for each thing that happened to a login."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from ..types import Device, Event

log = logging.getLogger("doorward.events")

_NOISE = frozenset({"refused", "refreshed"})
"""Kinds that anybody can cause as often as they like, or that every client causes all day."""


async def record(event: Event) -> None:
    """For `Auth(record=...)`."""
    level = logging.DEBUG if event.kind in _NOISE else logging.INFO
    _write(level, event.kind, event.at, _described(event))


def note(kind: str, at: int, device: Device, **fields: str) -> None:
    """Note what happened to an account and not to a session: `signup`, `login_failed`,
    `limited`, `password_changed`, `password_reset`."""
    _write(logging.INFO, kind, at, {**fields, **_place(device)})


def line(kind: str, at: int, fields: Mapping[str, object]) -> str:
    """One line of JSON, ASCII alone: what a client wrote cannot forge a line or colour a terminal
    (ASVS 16.4.1).  Empty fields are left out."""
    shown = {"event": kind, "at": utc(at), **{k: v for k, v in fields.items() if v}}
    return json.dumps(shown, separators=(",", ":")).replace("\x7f", "\\u007f")


def utc(at: int) -> str:
    """A moment to the second (RFC 3339)."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(level: int, kind: str, at: int, fields: Mapping[str, object]) -> None:
    if log.isEnabledFor(level):
        log.log(level, "%s", line(kind, at, fields))


def _described(event: Event) -> dict[str, object]:
    return {
        "subject": event.subject,
        "sid": event.sid,
        "reason": event.reason,
        "sids": event.sids if len(event.sids) > 1 or not event.sid else (),
        "roles": sorted(event.roles or ()),
        **_place(event.device),
        "other": _place(event.other) if event.other else {},
    }


def _place(device: Device) -> dict[str, str]:
    return {"address": device.address, "user_agent": device.user_agent}
