"""What a change of one's own address does, and its undoing."""

from collections.abc import Awaitable, Callable
from secrets import token_hex

from ....errors import StoreUnavailable
from ....types import Principal
from ....web import limits
from ....web.asgi import current_visit
from ...accounts import tickets
from ...accounts.apply_decisions import apply_decisions
from ...accounts.email_changes import EVER, EmailChange
from ...accounts.email_changes import LIFETIME as UNDO_LIFETIME
from ...accounts.email_link import ASKED, CHANGE, UNDO, is_good, wish
from ...accounts.factor_policy import must_have_second
from ...accounts.reset_link import reset_link
from ...accounts.tickets import Claim
from ...accounts.user import EmailTaken, User
from ...mail.letter import Letter
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.asked_letter import write_letter
from ...steps.confirm_password import owner
from ...steps.create_account import address_of
from ...steps.limits import noting_limits
from ...steps.links import bad_link, count_link

TAKEN = "Another account has this address by now, so nothing was changed."

ELSEWHERE = (
    "Only the account that asked for the new address can confirm it. Log in to that account, then"
    " open the link in the letter again."
)

TAKEN_BACK = (
    "Another account has your old address by now, so it cannot be put back, and nothing was"
    " changed. Ask those who run this site to help you; the link works until its seven days are"
    " over."
)


def check_mail(service: Service) -> None:
    """Refuse where no letter would reach anybody: then nobody can prove a new address."""
    if service.options.mail == "none":
        sentence = "This server sends no mail. Ask its operator to change your address."
        raise Refused(Refusal.NOT_FOUND, sentence)


async def ask_for_change(service: Service, principal: Principal, email: str) -> None:
    """Write a letter to the new address.  Nothing is changed yet, and nothing tells whether the
    address has an account: only the letter does.  Refuses what is no address, one's own, and too
    many.  `principal` has proved all that they have lately (ASVS 7.5.1)."""
    check_mail(service)
    user = await owner(service, principal)
    address = address_of(email)
    if address == user.email:
        raise Refused(Refusal.INVALID_EMAIL, "This is your address already.", field="email")
    async with noting_limits(service, user.subject):
        await service.limiter.count(limits.letters_by(user.subject))
        await service.limiter.count(limits.letters_from(current_visit().device().address))
    await service.recorder.note("email_asked", subject=user.subject, sid=principal.sid)
    since = await _since(service, principal, user)
    await write_letter(service, "email_confirm", address, (ASKED, wish(user, address, since)))


async def look_at_change(service: Service, principal: Principal | None, ticket: str) -> str:
    """The new address that a link proves; empty to whoever is not logged in as the user who asked
    for it.  Nothing is used up, nor recorded of a good link: mail scanners look at links too."""
    claim = await tickets.look(service.auth.store, CHANGE, ticket, at=service.clock())
    user = await _asker(service, claim)
    return claim.words[2] if claim is not None and _is(principal, user) else ""


async def confirm_change(service: Service, principal: Principal | None, ticket: str) -> User:
    """Give the user who asked the address that the bearer of this ticket reads.  Sessions stay;
    links of before die.  The old address gets its letter in the same step, so that nobody can take
    an account away unseen.

    Refuses whoever is not logged in as that user: a stranger may have typed the address of somebody
    who clicks on what they get.  The ticket stays good.
    """
    await count_link(service)
    claim = await tickets.look(service.auth.store, CHANGE, ticket, at=service.clock())
    asker = await _asker(service, claim)
    if not _is(principal, asker):
        raise await bad_link(service, CHANGE, ELSEWHERE, subject=asker.subject)

    async def change(claim: Claim) -> User | None:
        user = await _asker(service, claim)
        letter = _letter(service, "email_left", user, user.email)
        return await service.email_changes.change(
            user,
            claim.words[2],
            id=letter.id,
            at=service.clock(),
            beside=lambda transaction: service.outbox.enclose(transaction, letter),
            since=int(claim.words[3]),
        )

    user = await _carry_out(service, CHANGE, ticket, change, TAKEN)
    await service.recorder.note("email_changed", subject=user.subject, actor=user.subject)
    return user


async def look_at_undo(service: Service, ticket: str) -> EmailChange:
    """The change that a link undoes.  Nothing is used up."""
    claim = await tickets.look(service.auth.store, UNDO, ticket, at=service.clock())
    return (await _undoable(service, claim))[0]


async def undo_change(service: Service, ticket: str) -> str:
    """Put the old address back, end all sessions, and take the password and the factors away that
    somebody else may have added, who was in the account.  An account that they deleted is kept, or
    it could be erased before the owner is in.  The ticket with which the owner chooses a new
    password.

    Where the old address has another account by now, nothing is changed and the ticket stays good.
    """
    await count_link(service)

    async def undo(claim: Claim) -> User | None:
        change, user = await _undoable(service, claim)
        letter = _letter(service, "email_lost", user, user.email)
        return await service.email_changes.undo(
            change,
            user,
            at=service.clock(),
            beside=lambda transaction: service.outbox.enclose(transaction, letter),
            keep_last=_keeps_last(service, change, user),
        )

    user = await _carry_out(service, UNDO, ticket, undo, TAKEN_BACK)
    await service.recorder.note("email_restored", subject=user.subject, actor=user.subject)
    store, at = service.auth.store, service.clock()
    link = await reset_link(store, user, service.options.base_url, at=at, mailed=True)
    return link.partition("ticket=")[2]


async def _since(service: Service, principal: Principal, user: User) -> int:
    """The time from which whoever asks may have added factors: seven days before now, or the begin
    of their session if that is earlier.  A thief may have added one in a session before; older ones
    stay, or the mailbox of an old address would be enough against two factors.

    Where nothing proved the address and people prove theirs after the sign-up, a stranger may have
    made the account: then all factors are theirs, as in `drop_unproved_factors`.
    """
    if user.verified_at is None and not user.roles and service.options.verification == "later":
        return EVER
    session = await service.auth.session(principal.sid)
    week_ago = service.clock() - UNDO_LIFETIME
    return week_ago if session is None else min(week_ago, session.created_at)


def _keeps_last(service: Service, change: EmailChange, user: User) -> bool:
    """Whether an undoing deletes nothing rather than the last second factor.  Not in an account
    that a stranger may have made: it has no other factors, and they would log in to what the owner
    of the address has just proved.  As in `drop_unproved_factors`, that is none with roles."""
    made_by_stranger = change.since == EVER and not user.roles
    return must_have_second(service.options.require_factor, user.roles) and not made_by_stranger


async def _carry_out(
    service: Service,
    kind: str,
    ticket: str,
    write: Callable[[Claim], Awaitable[User | None]],
    taken: str,
) -> User:
    """Use a ticket up and write, until nothing was decided about the user in between; the sessions
    know of it when this returns.  The ticket stays good where nothing could be written."""
    store = service.auth.store
    claim = await tickets.use(store, kind, ticket, at=service.clock())
    if claim is None:
        raise await bad_link(service, kind)
    try:
        while (user := await write(claim)) is None:
            pass  # looks again: each round, somebody else decided something
    except EmailTaken:
        await tickets.put_back(store, kind, ticket, claim)
        raise Refused(Refusal.EMAIL_TAKEN, taken) from None
    except StoreUnavailable:
        await tickets.put_back(store, kind, ticket, claim)
        raise
    await apply_decisions(service.users, service.auth, user, device=current_visit().device())
    return user


def _is(principal: Principal | None, user: User) -> bool:
    return principal is not None and principal.subject == user.subject


async def _asker(service: Service, claim: Claim | None) -> User:
    user = claim and await service.users.by_subject(claim.words[0])
    if claim is None or user is None or not is_good(claim.words, user):
        raise await bad_link(service, CHANGE, subject=user.subject if user else "")
    return user


async def _undoable(service: Service, claim: Claim | None) -> tuple[EmailChange, User]:
    """The change that a claim undoes, and its user.  Looks again where something was decided
    between the look at the one and at the other: a thief who changes the address at that moment
    must not make the link of the owner, which is used up by then, a bad one."""
    change = claim and await service.email_changes.find(claim.words[0])
    user = change and await service.users.by_subject(change.subject)
    if change is None or user is None:
        raise await bad_link(service, UNDO)
    if await service.email_changes.can_undo(change, user):
        return change, user
    if await service.users.by_subject(user.subject) != user:
        return await _undoable(service, claim)
    raise await bad_link(service, UNDO, subject=user.subject)


def _letter(service: Service, kind: str, user: User, email: str) -> Letter:
    """A letter to an address that the user is about to lose."""
    device = current_visit().device()
    return Letter(
        id=token_hex(16),
        kind=kind,
        subject=user.subject,
        email=email,
        at=service.clock(),
        address=device.address,
        user_agent=device.user_agent,
    )
