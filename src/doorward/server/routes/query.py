"""The query of a history: its filters and where its page begins."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from fastapi import Request
from starlette.responses import StreamingResponse

from ...web import client
from ..accounts.users import Users
from ..audit.entry import Kept
from ..audit.export import as_csv, as_json_lines
from ..audit.history import PAGE, History, Place, Query, place
from ..audit.kinds import Kinds
from ..refusals import Refusal, Refused
from ..service import Service

_EXPORTS = {
    "csv": (as_csv, "text/csv; charset=utf-8", "history.csv"),
    "jsonl": (as_json_lines, "application/x-ndjson", "history.jsonl"),
}


async def query_of(request: Request, service: Service) -> Query:
    """The filters `person` (an address or a subject), `kind`, `address`, `since` and `until` of a
    request.  Raises `Refused` for what is no kind, no address or no time: it would find nothing,
    as if nothing had happened."""
    said = request.query_params
    return Query(
        person=await _subject(service.users, said.get("person", "").strip()),
        kind=_kind(said.get("kind", "").strip(), service.kinds),
        address=_address(said.get("address", "").strip()),
        since=moment(said.get("since", ""), "since"),
        until=moment(said.get("until", ""), "until"),
    )


def moment(text: str, field: str) -> int | None:
    """Seconds since 1970, from such a number or an ISO 8601 date or time, taken as UTC unless it
    says otherwise.  None for nothing; raises `Refused` about this field for anything else."""
    text = text.strip()
    if not text:
        return None
    try:
        if text.isascii() and text.isdigit() and len(text) <= 12:
            return int(text)
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        sentence = "A time is like 2026-11-23 or 2026-11-23T19:44, in UTC."
        raise Refused(Refusal.INVALID_REQUEST, sentence, field=field) from None


def after_of(text: str) -> Place | None:
    """The place that `place_text` wrote; None, the beginning, for anything else."""
    at, _, seq = text.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (at, seq)):
        return None
    found = Place(int(at), int(seq))
    return found if _text(found) == text else None


def place_text(entry: Kept) -> str:
    """Where a page ended, as it stands in an address."""
    return _text(place(entry))


def _text(place: Place) -> str:
    return f"{place.at}.{place.seq}"


async def page_of(
    history: History, query: Query, after: Place | None, limit: int = PAGE
) -> tuple[Sequence[Kept], str | None]:
    """A page, and where the next one begins; None when this is the last."""
    found = await history.page(query, after, limit + 1)
    return found[:limit], place_text(found[limit - 1]) if len(found) > limit else None


def export(history: History, query: Query, form: str) -> StreamingResponse:
    """All of it as a file, `csv` or `jsonl`.  Raises `Refused` for another form."""
    if form not in _EXPORTS:
        raise Refused(Refusal.INVALID_REQUEST, "The format is csv or jsonl.")
    write, media_type, name = _EXPORTS[form]
    pages: AsyncIterator[Sequence[Kept]] = history.stream(query)
    disposition = f'attachment; filename="{name}"'
    return StreamingResponse(
        write(pages), media_type=media_type, headers={"content-disposition": disposition}
    )


def _kind(text: str, kinds: Kinds) -> str:
    if text and text not in kinds.words():
        sentence = "The history has no such kind of entry; a kind is like login_failed."
        raise Refused(Refusal.INVALID_REQUEST, sentence, field="kind")
    return text


def _address(text: str) -> str:
    """The form in which it is entered, whichever it was written in."""
    found = client.address(text, (), client.Trusted())
    if text and not found:
        sentence = "An address is one whole address, like 198.51.100.7 or 2001:db8::7."
        raise Refused(Refusal.INVALID_REQUEST, sentence, field="address")
    return found


async def _subject(users: Users, person: str) -> str:
    """The subject that is meant.  An address that nobody has is looked for as it is: it finds
    nothing."""
    user = await users.by_email(person) if "@" in person else None
    return person if user is None else user.subject
