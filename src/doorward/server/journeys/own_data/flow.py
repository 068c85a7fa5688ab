"""What a person's own data is, and how they delete their account."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from ....types import Principal
from ....web.asgi import current_visit
from ...accounts.deletion import delete_later
from ...accounts.user import LastAdmin, User
from ...audit.event_log import utc
from ...refusals import Refusal, Refused
from ...routes.own_entry import own_entry
from ...routes.own_session import own_session
from ...service import Service
from ...steps.confirm_password import owner
from ...steps.factors import factors_of
from ...steps.live_sessions import live_sessions
from ...steps.own_history import own_history


async def own_data(service: Service, principal: Principal) -> AsyncIterator[str]:
    """Everything that the server holds about a person's account, as one JSON document, piece by
    piece: a history may be long.  No secret is in it.  Raises before the first piece."""
    user = await owner(service, principal)
    known = await _without_history(service, principal, user)
    await service.recorder.note("data_downloaded", subject=user.subject, sid=principal.sid)
    return _pieces(service, principal, known)


def file_name(service: Service) -> str:
    """Of the download: it names the site and the day (UTC), to be found again among others."""
    host = urlsplit(service.options.origin).hostname or "site"
    plain = re.sub(r"[^A-Za-z0-9.-]", "-", host)
    return f"account-{plain}-{utc(service.clock())[:10]}.json"


async def delete_account(service: Service, principal: Principal) -> User:
    """End all sessions of the person now, and have the account erased in seven days."""
    user = await owner(service, principal)
    device = current_visit().device()
    try:
        gone = await delete_later(service.users, service.auth, user.subject, device)
    except LastAdmin:
        raise Refused(Refusal.LAST_ADMIN) from None
    if gone is None:
        raise Refused(Refusal.NOT_FOUND)
    await service.recorder.note("deletion_begun", subject=user.subject, sid=principal.sid)
    return gone


async def _without_history(service: Service, principal: Principal, user: User) -> dict[str, Any]:
    sessions = await live_sessions(service, user.subject)
    factors = await factors_of(service, principal)
    return {
        "made_at": utc(service.clock()),
        "account": user.facts(),
        "sessions": [own_session(row, principal).model_dump() for row in sessions],
        "factors": {
            "passkeys": [
                {"name": each.name, "created_at": each.created_at, "used_at": each.used_at}
                for each in factors.passkeys
            ],
            "totp_since": factors.totp_since,
            "recovery_codes": factors.held.recovery_codes,
        },
        "applications": [
            {"client_id": each.client_id, "scopes": sorted(each.scopes), "since": each.given_at}
            for each in await service.provider.consents.of_person(user.subject)
        ],
    }


async def _pieces(
    service: Service, principal: Principal, known: dict[str, Any]
) -> AsyncIterator[str]:
    yield json.dumps(known, indent=1).removesuffix("\n}") + ',\n "history": ['
    between = "\n  "
    async for page in service.history.stream(own_history(principal)):
        for each in page:
            entry = own_entry(each, principal.subject).model_dump()
            yield between + json.dumps(entry)
            between = ",\n  "
    yield "\n ]\n}\n"
