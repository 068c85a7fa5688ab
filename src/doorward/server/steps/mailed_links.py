"""The links in letters, made when the letters are sent."""

from ..accounts.link_state import is_as_written
from ..accounts.user import User
from ..mail.letter import Letter
from ..service import Service


async def still_meant(service: Service, letter: Letter) -> User | None:
    """The user to whom this letter may bring a link; None when their password or their address was
    changed since the letter was written."""
    user = await service.users.by_subject(letter.subject)
    if user is None or not is_as_written(user, letter.email, letter.ending):
        return None
    return user
