"""Keeps an account that its owner deleted, when they log in within the days of grace."""

from ...errors import Reason, Rejected
from ..accounts.deletion import undo_deletion
from ..accounts.user import User
from ..service import Service


async def keep_account(service: Service, user: User) -> None:
    """Undo the deletion of this account, if there was one: its owner proved who they are.  Raises
    `Rejected(superseded)` when the account was erased a moment ago."""
    if user.erase_at is None:
        return
    undone = await undo_deletion(service.users, service.auth, user.subject)
    if undone is None:
        raise Rejected(Reason.SUPERSEDED)
    if undone:
        await service.recorder.note("deletion_undone", subject=user.subject, actor=user.subject)
