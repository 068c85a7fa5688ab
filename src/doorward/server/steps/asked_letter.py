"""Writes a letter that anybody may ask for, so that nothing tells whether there is an account."""

from collections.abc import Sequence
from secrets import token_hex

from ...errors import Reason, Rejected
from ...settings import DAY
from ...web import limits
from ...web.asgi import current_visit
from ...web.limits import Bucket
from ..accounts import tickets
from ..accounts.devices import whose
from ..accounts.user import User
from ..mail.letter import Letter
from ..service import Service

OWNER_ASKS = frozenset({"reset_asked", "login_asked"})
"""Letters that bring the owner of an account into it: beyond the limit of strangers, their known
devices have a limit of their own."""

KEPT = 2 * DAY
"""Seconds for which what belongs to a letter is kept: it may wait for a day before it is sent, and
its link may then live for a day."""


async def write_letter(
    service: Service, kind: str, email: str, keep: tuple[str, Sequence[str]] | None = None
) -> None:
    """Write a letter of `kind` to an address in canonical form.

    Nobody looks here whether the address has an account: who makes the link does, when the letter
    is sent, so the request does the same work, and takes the same time, either way.  Beyond the
    limit of the address nothing is written, and the caller is not told.  The exception is a request
    with the marks of devices: then the letter holds digests of them, and `may_go` judges these when
    it is sent.
    `keep` is a kind of ticket and its words, kept under the id of the letter for whoever makes the
    link.
    """
    visit, at = current_visit(), service.clock()
    device, marks = visit.device(), list[str]()
    if not await _has_room(service, limits.letters_to(limits.account_of(email), device.address)):
        marks = service.devices.digests(visit.headers) if kind in OWNER_ASKS else []
        if not marks:
            return
    letter = Letter(
        id=token_hex(16),
        kind=kind,
        subject="",
        email=email,
        at=at,
        address=device.address,
        user_agent=device.user_agent,
        other={"marks": marks} if marks else None,
    )
    if keep is not None:  # first, so that it is there when the letter is sent
        claim = tickets.Claim(tuple(keep[1]), at + KEPT)
        await tickets.put_back(service.auth.store, keep[0], letter.id, claim)
    await service.outbox.write(letter)
    await service.recorder.note("letter_asked", letter=kind)


async def may_go(service: Service, letter: Letter, user: User | None) -> bool:
    """Whether a letter may be sent to the owner of the account with its address: always if it was
    within the limit of strangers, and otherwise if a device asked where they logged in before,
    within the limit of that device.

    Judged when the letter is sent, for the request must not tell whether there is an account.
    """
    marks = (letter.other or {}).get("marks")
    if not marks:
        return True
    if user is None:
        return False
    device = service.devices.recognise_digest(marks, whose(user))
    if device is None:
        return False
    # a letter that could not be sent was counted at its first try
    return letter.tries > 1 or await _has_room(service, limits.letters_on(device, user.subject))


async def _has_room(service: Service, buckets: Sequence[Bucket]) -> bool:
    try:
        for bucket in buckets:
            await service.limiter.count(bucket)
    except Rejected as rejected:
        if rejected.reason is not Reason.TOO_MANY_ATTEMPTS:
            raise
        return False
    return True
