"""Entries of the history in words, with the people in them by their addresses."""

from collections.abc import Mapping, Sequence

from ..accounts.user import User
from ..audit.entry import Kept
from ..service import Service
from ..ui.folding import folded
from ..ui.rows import HappenedRow
from ..ui.words import happened


async def in_words(service: Service, entries: Sequence[Kept]) -> tuple[HappenedRow, ...]:
    """The entries as the console shows them, in their order."""
    shown = folded(entries, service.kinds)
    subjects = {name for each in shown for name in (each.entry.subject, each.entry.actor)}
    users: Mapping[str, User] = await service.users.named(subjects)
    return tuple(happened(each, users, service.kinds) for each in shown)
