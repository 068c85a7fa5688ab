"""What a link to prove an address does."""

from typing import NamedTuple

from ....errors import StoreUnavailable
from ...accounts import tickets
from ...accounts.apply_decisions import apply_decisions
from ...accounts.user import EmailTaken, User
from ...accounts.verify_link import PENDING, TICKET, is_good, signup_of
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.links import bad_link, count_link
from ...steps.verification import verify_address


class Proof(NamedTuple):
    """Whose address a link proves: that of a `user`, or that of a sign-up that waits, which has a
    `password_hash`.  `return_to` is where the person wanted to go."""

    email: str
    user: User | None = None
    password_hash: str = ""
    return_to: str = ""


async def look(service: Service, ticket: str) -> Proof:
    """What a link is good for.  Nothing is used up: mail scanners and previews look at links too.
    Refuses a link that can no longer be used."""
    claim = await tickets.look(service.auth.store, TICKET, ticket, at=service.clock())
    return await _proof(service, claim)


async def verify(service: Service, ticket: str) -> Proof:
    """Prove an address: make the account that waited for it, or note it in the account there is,
    whose sessions know of it when this returns.  A link works once.

    Nobody is logged in: the link may be opened in another browser than the one that asked for it.
    """
    await count_link(service)
    store, at = service.auth.store, service.clock()
    claim = await tickets.use(store, TICKET, ticket, at=at)
    proof = await _proof(service, claim)
    try:
        if proof.user is None:
            await _make_account(service, proof)
        else:
            await _note(service, proof.user)
    except StoreUnavailable:
        if claim is not None:
            await tickets.put_back(store, TICKET, ticket, claim)
        raise
    if claim is not None and (letter := signup_of(claim)) is not None:
        await tickets.use(store, PENDING, letter, at=at)
    return proof


async def _proof(service: Service, claim: tickets.Claim | None) -> Proof:
    if claim is None:
        raise await bad_link(service, TICKET)
    letter = signup_of(claim)
    if letter is None:
        return await _of_user(service, claim)
    if service.options.signup == "closed":
        raise Refused(Refusal.SIGNUP_CLOSED)
    waits = await tickets.look(service.auth.store, PENDING, letter, at=service.clock())
    if waits is None or await service.users.by_email(waits.words[0]) is not None:
        raise await bad_link(service, TICKET)
    email, hashed, return_to = waits.words
    return Proof(email, None, hashed, return_to)


async def _of_user(service: Service, claim: tickets.Claim) -> Proof:
    user = await service.users.by_subject(claim.words[1])
    if user is None or not is_good(claim, user):
        raise await bad_link(service, TICKET, subject=user.subject if user else "")
    return Proof(user.email, user)


async def _make_account(service: Service, proof: Proof) -> None:
    """Refuses where another link made an account with this address meanwhile."""
    try:
        user = await service.users.create(
            proof.email, proof.password_hash, at=service.clock(), verified=True
        )
    except EmailTaken:
        raise await bad_link(service, TICKET) from None
    await service.recorder.note("signup", subject=user.subject, actor=user.subject, verified=True)


async def _note(service: Service, user: User) -> None:
    """Does nothing for an address that another link proved meanwhile."""
    verified = await verify_address(service, user)
    if verified is not None:
        await apply_decisions(service.users, service.auth, verified)
