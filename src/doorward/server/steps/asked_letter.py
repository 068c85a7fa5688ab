"""Writes a letter that anybody may ask for, so that nothing tells whether there is an account."""

from collections.abc import Sequence
from secrets import token_hex

from ...errors import Reason, Rejected
from ...settings import DAY
from ...web import limiter
from ...web.asgi import current_visit
from ..accounts import tickets
from ..mail.letter import Letter
from ..service import Service

KEPT = 2 * DAY
"""Seconds for which what belongs to a letter is kept: it may wait for a day before it is sent, and
its link may then live for a day."""


async def write_letter(
    service: Service, kind: str, email: str, keep: tuple[str, Sequence[str]] | None = None
) -> None:
    """Write a letter of `kind` to an address in canonical form.

    Nobody looks here whether the address has an account: who makes the link does, when the letter
    is sent, so the request does the same work, and takes the same time, either way.  Beyond the
    limit of the address nothing is written, and the caller is not told.  `keep` is the kind of
    ticket under which the words are kept for who makes the link, by the id of the letter.
    """
    device, at = current_visit().device(), service.clock()
    if not await _has_room(service, kind, email, device.address):
        return
    letter = Letter(
        id=token_hex(16),
        kind=kind,
        subject="",
        email=email,
        at=at,
        address=device.address,
        user_agent=device.user_agent,
    )
    if keep is not None:  # first, so that it is there when the letter is sent
        claim = tickets.Claim(tuple(keep[1]), at + KEPT)
        await tickets.put_back(service.auth.store, keep[0], letter.id, claim)
    await service.outbox.write(letter)
    await service.recorder.note("letter_asked", letter=kind)


async def _has_room(service: Service, kind: str, email: str, address: str) -> bool:
    try:
        for bucket in limiter.letters_to(limiter.account_of(email), kind, address):
            await service.limiter.count(bucket)
    except Rejected as rejected:
        if rejected.reason is not Reason.TOO_MANY_ATTEMPTS:
            raise
        return False
    return True
