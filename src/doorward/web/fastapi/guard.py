"""Dependencies that ask who makes a request, and what they may do."""

from collections.abc import Collection
from typing import Any

from fastapi.openapi.models import HTTPBearer
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from ... import rules
from ...errors import ConfigurationError
from ...factors import checked_factor
from ...settings import Settings
from ...types import Principal, Roles
from ..asgi import current_visit
from ..visit import Visit

KNOWN, PERMITTED = "doorward", "doorward permission"
"""Stand in the schema, for a guard that asks who it is and one that asks for a role or scope too,
until `describe_security` puts the two real schemes in their place."""


NO_SCOPES = SecurityScopes()
"""For a guard that a handler awaits by itself."""


class Guard(SecurityBase):
    """A dependency: the principal, who has this role, one of `any_role` and this scope (else 403)
    and a verified address, if asked for (else 403), proved this `factor` in this session, and any
    factor within `fresh` seconds (else 401 `step_up_required`); anybody else gets 401.  All that as
    of at most `max_staleness` seconds ago.  The scopes of
    `Security(guard, scopes=[...])` are asked for too.

    With `settings` it asks behind the gate that has these very settings, and nowhere else.  Two
    guards that ask for the same there are equal, so that a test can name one in
    `app.dependency_overrides`.  Raises `ValueError` for what nobody can have.
    """

    def __init__(
        self,
        *,
        role: str | None = None,
        any_role: Collection[str] | None = None,
        scope: str | None = None,
        fresh: int | None = None,
        factor: str | None = None,
        verified: bool = False,
        max_staleness: int | None = None,
        settings: Settings | None = None,
    ) -> None:
        _check_name("role", role)
        _check_name("scope", scope)
        _check_seconds("fresh", fresh)
        _check_seconds("max_staleness", max_staleness)
        self.model = HTTPBearer()
        permission = verified or (role, any_role, scope) != (None,) * 3
        self.scheme_name = PERMITTED if permission else KNOWN
        self._role, self._scope, self._fresh = role, scope, fresh
        self._any_role = None if any_role is None else _checked_choice(any_role)
        self._factor = None if factor is None else checked_factor(factor)
        self._verified = verified
        self._max_staleness = max_staleness
        self._settings = settings
        self.asks = (
            *(role, self._any_role, scope, fresh),
            *(factor, verified or None, max_staleness),
        )
        """All that it asks for; every part is None where it asks only who it is."""
        self._asks_for_more = self.asks[:6] != (None,) * 6
        self._hash = hash(self.asks)  # FastAPI looks each dependency up several times a request

    async def __call__(self, security_scopes: SecurityScopes = NO_SCOPES) -> Principal:
        visit = visit_of(self._settings)
        found = visit.cached_principal(self._max_staleness)
        if found is None:
            found = await visit.principal(max_staleness=self._max_staleness)
        if self._asks_for_more or security_scopes.scopes:
            rules.check_permission(
                found,
                visit.auth.clock(),
                role=self._role,
                any_role=self._any_role,
                scope=self._scope,
                scopes=security_scopes.scopes,
                fresh=self._fresh,
                factor=self._factor,
                verified=self._verified,
            )
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Guard) or self._settings is not other._settings:
            return False
        return self.asks == other.asks

    def __hash__(self) -> int:
        return self._hash


def visit_of(settings: Settings | None) -> Visit:
    """The request being handled, which came through the gate that has these settings, if they are
    given: another gate knows other people.  Raises `NotInstalled`, and `ConfigurationError` behind
    another."""
    visit = current_visit()
    if settings is not None and visit.gate.auth.settings is not settings:
        raise ConfigurationError(
            "This request came through the gate of another Doorward(...), which knows other people."
            " Use the one that was installed in this application: auth.install(app)."
        )
    return visit


def _check_name(what: str, name: str | None) -> None:
    if name is None:
        return
    if not isinstance(name, str):
        raise ValueError(
            f"{what} is one name, not {name!r}; where several are needed, depend on requires for"
            " each; where one of several roles is enough, say any_role=[...]"
        )
    rules.checked_names([name])


def _checked_choice(names: Any) -> Roles:
    listed = isinstance(names, Collection) and not isinstance(names, str)
    if not listed or not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"any_role is a list of one or more names, not {names!r}")
    return rules.checked_names(names) or frozenset()


def _check_seconds(what: str, seconds: int | None) -> None:
    if seconds is not None and (type(seconds) is not int or seconds < 0):
        raise ValueError(f"{what} is a whole number of seconds from 0, not {seconds!r}")
