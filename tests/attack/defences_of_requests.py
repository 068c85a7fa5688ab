"""The defences of what a request holds, and how each is taken out."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from doorward import rules
from doorward.credentials import claimed_sid
from doorward.errors import Rejected
from doorward.tokens import SESSION_PREFIX, parse_session_token
from doorward.types import Principal
from doorward.web.visit import Visit
from tests.attack.defences_at_rest import shown


def opened_by(patch: pytest.MonkeyPatch, sids: Callable[[Visit], Iterable[str | None]]) -> None:
    """Let whatever `sids` finds in a request open its session, where nothing else does."""
    strict = Visit._read

    async def lax(visit: Visit, submitted: str | None, max_staleness: int | None) -> Principal:
        try:
            return await strict(visit, submitted, max_staleness)
        except Rejected:
            for sid in filter(None, sids(visit)):
                row = await visit.auth.store.get(sid)
                if row is not None:
                    return rules.principal_of(row, row.mode, row.authenticated_at, row.amr)
            raise

    patch.setattr(Visit, "_read", lax)


def any_text(patch: pytest.MonkeyPatch) -> None:
    def sids(visit: Visit) -> list[str | None]:
        texts = shown(visit.headers)
        return [*texts, *map(claimed_sid, texts)]

    opened_by(patch, sids)


def addresses(patch: pytest.MonkeyPatch) -> None:
    def sids(visit: Visit) -> list[str | None]:
        query = visit.scope["query_string"].decode()
        return [_sid(text) for _, text in parse_qsl(query)]

    opened_by(patch, sids)


def _sid(text: str) -> str | None:
    session = text.startswith(SESSION_PREFIX)
    return parse_session_token(text).sid if session else claimed_sid(text)


OF_REQUESTS: dict[str, Callable[[pytest.MonkeyPatch], Any]] = {
    "a text opens only what it was made for": any_text,
    "addresses hold no credentials": addresses,
}
