"""One thing that happened is one row of a history, also where it left two entries."""

from collections.abc import Sequence

from ..audit.entry import Entry, Kept
from ..audit.kinds import Kinds

AT_ONCE = 1
"""Seconds between two entries of one act, at most."""


def folded(entries: Sequence[Kept], kinds: Kinds) -> list[Kept]:
    """The entries, newest first as they come, without those that a later one of the same person
    covers."""
    later: dict[str, Kept] = {}
    shown = []
    for each in entries:
        if not _is_covered(each, later.get(each.entry.subject), kinds):
            shown.append(each)
        later[each.entry.subject] = each
    return shown


def _is_covered(kept: Kept, later: Kept | None, kinds: Kinds) -> bool:
    if later is None or later.entry.at - kept.entry.at > AT_ONCE:
        return False
    covers = kinds.of(later.entry.kind).covers
    return kept.entry.kind in covers and _is_one_act(kept.entry, later.entry)


def _is_one_act(part: Entry, whole: Entry) -> bool:
    """Whether both entries can come from one request.  Otherwise one login could hide another that
    happened at the same moment."""
    places = {(each.address, each.user_agent) for each in (part, whole)}
    return len(places) == 1 and part.actor in ("", whole.actor) and part.sid in ("", whole.sid)
