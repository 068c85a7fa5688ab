"""What a browser has to answer: a challenge that works once, for one act, in one browser."""

import logging
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.responses import Response

from ....origins import is_loopback
from ....settings import MINUTE
from ....web import limits
from ....web.asgi import current_visit
from ...accounts import tickets
from ...accounts.ceremony import (
    Answer,
    BadPasskey,
    Ceremony,
    challenge_of,
    handle_of,
    id_of,
)
from ...accounts.passkeys import Passkey
from ...flow_cookie import begin_flow, is_this_browser
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.limits import noting_limits

log = logging.getLogger("doorward")

TICKET = "passkey"

LIFETIME = 5 * MINUTE
"""Seconds for an answer."""

REGISTER, UNASKED, LOGIN, SECOND_STEP, STEP_UP = "register", "unasked", "login", "second", "elevate"
"""What a challenge may be for: the answer to one serves no other."""

_LATE = "This took too long, or was begun in another browser. Try again."


class Challenge(NamedTuple):
    """A challenge that was answered.  `handle` is the user handle that it was made with."""

    text: str
    handle: str


def ceremony_of(service: Service) -> Ceremony:
    """The ceremonies of this server."""
    return Ceremony(service.options.origin, service.site.name)


async def challenge(
    service: Service, response: Response, act: str, whose: str = "", handle: str = ""
) -> str:
    """A new challenge for this act, whose answer comes from the browser that `response` goes to.
    `whose` is who may answer: a session, a user, or empty for whoever has a passkey."""
    visit = current_visit()
    await visit.check_origin()
    await visit.check_keeps_cookies()
    async with noting_limits(service):  # a stranger may ask, and each is kept for a day
        await service.limiter.count(limits.challenges(visit.device().address))
    words = (act, whose, handle, begin_flow(response))
    claim = tickets.Claim(words, service.clock() + LIFETIME)
    return await tickets.issue(service.auth.store, TICKET, claim)


async def answered(service: Service, answer: Answer, act: str, whose: str = "") -> Challenge:
    """The challenge that this answers, used up whatever follows: of many answers at once, one is
    looked at.  Refuses an answer to none, or to one of another act, person or browser."""
    try:
        text = challenge_of(answer)
    except BadPasskey as bad:
        raise await refusal(service, str(bad)) from None
    claim = await tickets.use(service.auth.store, TICKET, text, at=service.clock())
    if claim is None:
        raise await refusal(service, "unknown, used or expired challenge", sentence=_LATE)
    its_act, its_owner, handle, browser = claim.words
    if (its_act, its_owner) != (act, whose):
        raise await refusal(service, "a challenge of another act or person")
    if not is_this_browser(browser):
        raise await refusal(service, "a challenge of another browser", sentence=_LATE)
    return Challenge(text, handle)


async def proved(
    service: Service, answer: Answer, act: str, whose: str = "", subject: str = ""
) -> Passkey:
    """The passkey that was used for this act: by `subject`, or by whoever has it.  Its use is
    noted, and its owner gets a letter if its count of uses fell, as that of a copy does."""
    asked = await answered(service, answer, act, whose)
    passkey = await service.passkeys.by_id(id_of(answer))
    if passkey is None:
        raise await refusal(service, "no such passkey", reason=Refusal.UNKNOWN_PASSKEY)
    await _check_owner(service, answer, passkey, subject)
    try:
        found = ceremony_of(service).asserted(answer, asked.text, passkey)
    except BadPasskey as bad:
        raise await refusal(service, str(bad), passkey.subject) from None
    went_on = await service.passkeys.used(
        passkey.credential_id,
        sign_count=found.sign_count,
        backed_up=found.backed_up,
        at=service.clock(),
    )
    if went_on is None:  # removed a moment ago
        raise await refusal(service, "no such passkey", reason=Refusal.UNKNOWN_PASSKEY)
    if not went_on:
        await service.recorder.note(
            "passkey_counter_fell", subject=passkey.subject, passkey=passkey.name
        )
    return passkey


async def refusal(
    service: Service,
    why: str,
    subject: str = "",
    *,
    reason: Refusal = Refusal.PASSKEY_REFUSED,
    sentence: str = "",
) -> Refused:
    """Record that an answer was refused, and return its refusal.  `why` is for the log."""
    visit = current_visit()
    sid = visit.known.sid if visit.known else ""
    await service.recorder.note(
        "passkey_refused", subject=subject, sid=sid, outcome=reason, why=why[:200]
    )
    if is_loopback(urlsplit(service.options.origin).hostname or ""):
        log.warning("A passkey was refused: %s", ascii(why[:200]))
    return Refused(reason, sentence)


async def _check_owner(service: Service, answer: Answer, passkey: Passkey, subject: str) -> None:
    """Refuse the passkey of somebody else, and an answer that names another owner (WebAuthn Level 3
    section 7.2, step 6)."""
    handle = handle_of(answer)
    if subject and passkey.subject != subject:
        raise await refusal(service, "the passkey of somebody else", subject)
    if handle != passkey.user_handle and (handle or not subject):
        raise await refusal(service, "another user handle", passkey.subject)
