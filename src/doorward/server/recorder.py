"""The one place that every event passes: a log line, a metric, an entry in the audit log."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace
from typing import Any

from ..errors import StoreUnavailable
from ..types import Clock, Device, Event
from ..web.asgi import current_visit
from .audit import event_log
from .audit.entry import DONE, SYSTEM, Entry
from .audit.head_log import HeadLog
from .audit.kinds import UNFIT, Kind, Kinds, is_usual
from .audit.log import Audit
from .audit.sampling import Sampling
from .metrics.lag import Lag
from .metrics.metrics import Metrics
from .refusals import Refused

MAX_SIDS = 32
"""Sessions that an entry names; how many there were, it always says."""

_OWN = frozenset({"login", "granted", "issued", "refreshed", "elevated", "logout"})
"""Kinds of which the session's own subject is the actor."""

_REFUSED = frozenset({"refused", "reused", "unsteady"})


class Recorder:
    """Records every event, from `Auth` (`record`) and from the flows (`note`).

    An act is acknowledged once it is entered.  If it cannot be entered, `StoreUnavailable` tells
    the caller that the act may not have happened.  `outside` is the actor where there is no
    request: `SYSTEM` or `OPERATOR`.
    """

    def __init__(
        self, metrics: Metrics, clock: Clock, kinds: Kinds, *, outside: str = SYSTEM
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self.kinds = kinds
        self._outside = outside
        self._audit: Audit | None = None
        self._lag: Lag | None = None
        self._heads = HeadLog(clock)
        self._sampling = Sampling()
        self._entered = Sampling()

    @asynccontextmanager
    async def entering(self, audit: Audit, lag: Lag | None = None) -> AsyncIterator[None]:
        """Enter what happens into `audit` until this ends, and tell its head last; time what is
        decided about sessions by `lag`."""
        self._heads.begin(await audit.head())
        self._audit, self._lag = audit, lag
        try:
            yield
        finally:
            self._audit = self._lag = None
            await audit.close()
            with suppress(StoreUnavailable):
                self._heads.saw(await audit.head())
            self._heads.tell()

    def tell_head(self) -> None:
        """Say now where the audit log ends, unless that was said."""
        self._heads.tell()

    async def look_at_head(self) -> None:
        """Say where the audit log ends, with what others entered, such as the command line.  Raises
        `StoreUnavailable`."""
        if self._audit is not None:
            self._heads.saw(await self._audit.head())
            self._heads.tell()

    async def record(self, event: Event) -> None:
        """For `Auth(record=...)`."""
        if self._lag is not None:
            self._lag.acknowledged(event.sids)
        await self._enter(entry_of(event, *self._who(event)), event.reason)

    async def note(
        self,
        kind: str,
        *,
        subject: str = "",
        sid: str = "",
        actor: str | None = None,
        outcome: str = DONE,
        addressees: tuple[str, ...] = (),
        device: Device | None = None,
        **detail: object,
    ) -> None:
        """Record what happened to an account and not to a session.  `actor` is who makes the
        request and `device` where from, unless given; `detail` is small, and holds no credential.
        `addressees` get the letters about it, in place of the account's present address."""
        known, here = self._who(None)
        device = device or here
        entry = Entry(
            kind=kind,
            at=self._clock(),
            actor=known if actor is None else actor,
            subject=subject,
            sid=sid,
            address=device.address,
            user_agent=device.user_agent,
            outcome=outcome,
            detail=detail,
            addressees=addressees,
        )
        await self._enter(entry, "")

    def turned_away(self, refused: Refused, address: str, request: str = "") -> None:
        """Log and count a request that was refused by its form or size; nothing for any other
        refusal, which has a line of its own or needs none.

        For callers without a visit and a database: it waits for nothing and makes no audit entry.
        `request` is its method and path, where these were read.
        """
        if refused.reason not in UNFIT:
            return
        entry = Entry(
            kind="request_refused",
            at=self._clock(),
            address=address,
            outcome=refused.reason,
            detail={"request": request},
        )
        self._tell(entry, "", self.kinds.of(entry.kind))

    async def _enter(self, entry: Entry, reason: str) -> None:
        kind = self.kinds.of(entry.kind)
        self._tell(entry, reason, kind)
        if not kind.audited or (kind.endless and not self._worth(entry)):
            return
        if self._audit is None:
            raise StoreUnavailable("the audit log is closed")
        self._heads.saw(await self._audit.append(entry))

    def _tell(self, entry: Entry, reason: str, kind: Kind) -> None:
        self._metrics.happened(entry.kind, reason)
        event_log.write(self._level(entry, kind), entry.kind, entry.at, _fields(entry))

    def _worth(self, entry: Entry) -> bool:
        """Whether a refusal is entered.  Who has a token that died long ago can show it all day."""
        return _names_somebody(entry) and self._entered.lets(entry.address, entry.at)

    def _level(self, entry: Entry, kind: Kind) -> int:
        if not kind.endless:
            return kind.level
        if entry.kind == "refused" and is_usual(entry.outcome, named=_names_somebody(entry)):
            return logging.DEBUG
        told = self._sampling.lets(entry.address, entry.at, f"{entry.kind} {entry.outcome}")
        return kind.level if told else logging.DEBUG

    def _who(self, event: Event | None) -> tuple[str, Device]:
        """Who acts, and from where: the request tells what an event does not."""
        try:
            visit = current_visit()
        except LookupError:
            actor, device = self._outside, Device()
        else:
            actor, device = visit.known.subject if visit.known else "", visit.device()
        if event is None:
            return actor, device
        if event.kind in _OWN:
            actor = event.subject
        elif event.kind in _REFUSED:
            actor = ""  # unknown: anybody who held the credential
        return actor, device if event.device == Device() else event.device


def entry_of(event: Event, actor: str, device: Device) -> Entry:
    """An event of `Auth` as an entry."""
    refused = event.kind in _REFUSED
    return Entry(
        kind=event.kind,
        at=event.at,
        actor=actor,
        subject=event.subject,
        sid=event.sid,
        address=device.address,
        user_agent=device.user_agent,
        outcome=(event.reason or event.kind) if refused else DONE,
        detail=_detail(event if not refused else replace(event, reason="")),
    )


def _names_somebody(entry: Entry) -> bool:
    return bool(entry.actor or entry.subject)


def _detail(event: Event) -> Mapping[str, Any]:
    detail: dict[str, Any] = {}
    if event.reason:
        detail["reason"] = event.reason
    if event.other is not None:
        detail["other"] = {name: said for name, said in asdict(event.other).items() if said}
    if event.sids and event.sids != (event.sid,):
        detail |= {"sessions": len(event.sids), "sids": list(event.sids[:MAX_SIDS])}
    if event.roles is not None:
        detail["roles"] = sorted(event.roles)
    return detail


def _fields(entry: Entry) -> dict[str, object]:
    """The fields of a log line for an entry."""
    names = ("actor", "subject", "sid", "address", "user_agent")
    said = {name: getattr(entry, name) for name in names}
    outcome = "" if entry.outcome == DONE else entry.outcome
    return {**said, "outcome": outcome, **entry.detail}
