"""Dependencies that ask who makes a request, and what they may do."""

from fastapi.openapi.models import HTTPBearer
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from ... import rules
from ...types import Principal
from ..asgi import current_visit

KNOWN, PERMITTED = "doorward", "doorward permission"
"""Stand in the schema, for a guard that asks who it is and one that asks for a role or scope too,
until `describe_security` puts the two real schemes in their place."""


NO_SCOPES = SecurityScopes()
"""For a guard that a handler awaits by itself."""


class Guard(SecurityBase):
    """A dependency: the principal, who has this role and scope (else 403) and proved a factor
    within `fresh` seconds (else 401 `step_up_required`); anybody else gets 401.  All that as of at
    most `max_staleness` seconds ago.  The scopes of `Security(guard, scopes=[...])` are asked for
    too."""

    def __init__(
        self,
        *,
        role: str | None = None,
        scope: str | None = None,
        fresh: int | None = None,
        max_staleness: int | None = None,
    ) -> None:
        self.model = HTTPBearer()
        self.scheme_name = KNOWN if role is None and scope is None else PERMITTED
        self._role, self._scope, self._fresh = role, scope, fresh
        self._max_staleness = max_staleness

    async def __call__(self, security_scopes: SecurityScopes = NO_SCOPES) -> Principal:
        visit = current_visit()
        found = await visit.principal(max_staleness=self._max_staleness)
        now = visit.auth.clock()
        rules.check_permission(found, now, role=self._role, scope=self._scope, fresh=self._fresh)
        rules.check_scopes(found, security_scopes.scopes)
        return found


def check_need(
    role: str | None, scope: str | None, fresh: int | None, max_staleness: int | None
) -> None:
    """Raises `ValueError` for a guard that asks for nothing, or for what nobody can have: a slip
    that would be found too late."""
    for what, name in (("role", role), ("scope", scope)):
        if name is not None and not isinstance(name, str):
            raise ValueError(
                f"{what} is one name, not {name!r}; where several are needed, depend on requires"
                " for each"
            )
    rules.checked_names([name for name in (role, scope) if name is not None])
    if role is None and scope is None and fresh is None and max_staleness is None:
        raise ValueError(
            "requires needs a role, a scope, fresh or max_staleness; auth.principal asks for"
            " nothing"
        )
    for name, seconds in (("fresh", fresh), ("max_staleness", max_staleness)):
        if seconds is not None and (type(seconds) is not int or seconds < 0):
            raise ValueError(f"{name} is a whole number of seconds from 0, not {seconds!r}")
