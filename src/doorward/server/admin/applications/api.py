"""`/api/admin/applications`, and those of one user."""

from typing import cast

from ....types import Session
from ...oauth.access import Access, usage
from ...oauth.client import Changes
from ...routes.admin import BARE, After, api_router
from ...routes.dependencies import Serving
from . import flow
from .bodies import (
    AccessEnded,
    AccessEntry,
    AccessList,
    ChangesBody,
    ClientDecided,
    ClientDetails,
    ClientEntry,
    ClientList,
    ClientWithSecret,
    GrantEntry,
    GrantList,
    NewApplicationBody,
    RotateBody,
)

router = api_router()


@router.get("/applications", summary="Applications that are registered")
async def get_applications(service: Serving) -> ClientList:
    every = await service.provider.clients.all()
    return ClientList(applications=[ClientEntry(**client.facts()) for client in every])


@router.post("/applications", status_code=201, summary="Register an application")
async def post_applications(body: NewApplicationBody, service: Serving) -> ClientWithSecret:
    """The secret is in this answer alone. Refused with `invalid_request` for what cannot be
    registered."""
    said = cast("Changes", body.model_dump(exclude={"kind"}))
    client, secret = await flow.add_application(service, body.kind, said)
    return ClientWithSecret(**client.facts(), client_secret=secret)


@router.get("/applications/{client_id:path}/grants", summary="The grants of an application")
async def get_grants(client_id: str, service: Serving, after: After = "") -> GrantList:
    """Its live grants, 100 people at a time."""
    found, further = await flow.grants_of(service, client_id, after)
    return GrantList(grants=[*map(_grant, found)], after=further)


@router.get("/applications/{client_id:path}", summary="One application")
async def get_application(client_id: str, service: Serving) -> ClientDetails:
    client, used = await flow.find(service, client_id), await usage(service.provider)
    return ClientDetails(
        **client.facts(),
        grants=used.grants.get(client_id, 0),
        used_at=used.used_at.get(client_id),
    )


@router.patch("/applications/{client_id:path}", summary="Change an application")
async def patch_application(client_id: str, body: ChangesBody, service: Serving) -> ClientDecided:
    """Grants of a scope or an API that it loses end. Refused with `invalid_request` for what cannot
    be registered."""
    changes = cast("Changes", body.model_dump(exclude_unset=True))
    client, ended = await flow.change_application(service, client_id, changes)
    return ClientDecided(**client.facts(), grants_ended=ended)


@router.post("/applications/{client_id:path}/secret", summary="Rotate the secret of an application")
async def post_secret(client_id: str, body: RotateBody, service: Serving) -> ClientWithSecret:
    """The new secret is in this answer alone. The old one works for `overlap` seconds more; 0 ends
    it at once. Refused with `invalid_request` for a public application."""
    client, secret = await flow.rotate_secret(service, client_id, body.overlap)
    return ClientWithSecret(**client.facts(), client_secret=secret)


@router.post(
    "/applications/{client_id:path}/disable", summary="Disable an application", dependencies=BARE
)
async def post_disable(client_id: str, service: Serving) -> ClientDecided:
    """It is refused from now on, and all its grants end."""
    client, ended = await flow.disable_application(service, client_id)
    return ClientDecided(**client.facts(), grants_ended=ended)


@router.post(
    "/applications/{client_id:path}/enable", summary="Enable an application", dependencies=BARE
)
async def post_enable(client_id: str, service: Serving) -> ClientEntry:
    """It can ask people again; what ended stays ended."""
    return ClientEntry(**(await flow.enable_application(service, client_id)).facts())


@router.get("/users/{subject}/applications", summary="Applications that have access to a user")
async def get_user_applications(subject: str, service: Serving) -> AccessList:
    found = await flow.applications_of_user(service, subject)
    return AccessList(applications=[*map(_access, found)])


@router.delete(
    "/users/{subject}/applications/{client_id:path}",
    summary="End the access of an application to a user",
    dependencies=BARE,
)
async def delete_user_application(subject: str, client_id: str, service: Serving) -> AccessEnded:
    """Its tokens end at once, and it has to ask again. `not_found` if it has no access."""
    return AccessEnded(grants_ended=await flow.end_access(service, subject, client_id))


def _grant(grant: Session) -> GrantEntry:
    return GrantEntry(
        sid=grant.sid,
        subject=grant.subject,
        scopes=sorted(grant.scopes),
        resource=grant.audience,
        created_at=grant.created_at,
        seen_at=grant.seen_at,
    )


def _access(access: Access) -> AccessEntry:
    return AccessEntry(
        client_id=access.client_id,
        name=access.name,
        scopes=[scope.name for scope in access.scopes],
        since=access.since,
        grants=access.grants,
        used_at=access.used_at,
    )
