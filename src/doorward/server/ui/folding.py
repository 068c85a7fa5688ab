"""One thing that happened is one row of a history, also where it left two entries."""

from collections.abc import Sequence

from ..audit.entry import Kept
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
    return kept.entry.kind in kinds.of(later.entry.kind).covers
