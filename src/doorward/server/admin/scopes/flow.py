"""What an administrator decides about scopes."""

from ....web.asgi import current_visit
from ... import client_decisions
from ...client_decisions import Registry
from ...oauth.scopes import InvalidScope, Scope
from ...refusals import Refusal, Refused
from ...service import Service


async def add_scope(service: Service, name: str, resource: str, sentence: str) -> Scope:
    """Add a scope of an API.  Refuses one that is there, or that cannot be."""
    scope = Scope(name=name, resource=resource, sentence=sentence)
    try:
        await client_decisions.add_scope(_registry(service), scope)
    except InvalidScope as invalid:
        raise _refusal(invalid) from None
    return scope


async def remove_scope(service: Service, name: str) -> Scope:
    """Remove a scope.  Refuses one that an application may ask for, and one that is not there."""
    try:
        scope = await client_decisions.remove_scope(_registry(service), name)
    except InvalidScope as invalid:
        raise _refusal(invalid) from None
    if scope is None:
        raise Refused(Refusal.NOT_FOUND, "There is no such scope.")
    return scope


def _registry(service: Service) -> Registry:
    return Registry(service.provider, service.recorder, current_visit().device())


def _refusal(invalid: InvalidScope) -> Refused:
    return Refused(Refusal.INVALID_REQUEST, str(invalid), field=invalid.field)
