"""The defences of second factors and of letters, and how each is taken out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import webauthn
from sqlalchemy import select

from doorward.attack import forge
from doorward.server.accounts import recovery_codes, tickets
from doorward.server.accounts.factor_tables import RECOVERY_CODES
from doorward.server.accounts.factors import forget_factors
from doorward.server.accounts.recovery_codes import RecoveryCodes, normal
from doorward.server.accounts.reset_link import TICKET
from doorward.server.accounts.totp import Totp
from doorward.server.accounts.verify_link import TICKET as VERIFY
from doorward.server.journeys.forgot import flow as forgot
from doorward.server.journeys.mail_login import flow as mail_login
from doorward.server.journeys.passkeys import challenge
from doorward.server.journeys.reset import api as reset_api
from doorward.server.journeys.reset import pages as reset_pages
from doorward.server.journeys.reset.flow import reset_password
from doorward.server.journeys.verify import pages as verify
from doorward.server.journeys.verify.flow import Proof, look
from doorward.server.refusals import Refusal, Refused
from doorward.server.service import Service
from doorward.server.steps import second_step
from doorward.server.steps.asked_letter import write_letter


def reusable_codes(patch: pytest.MonkeyPatch) -> None:
    async def advance(self: Totp, *_: object) -> bool:
        return True

    patch.setattr(Totp, "_advance", advance)


def lasting_codes(patch: pytest.MonkeyPatch) -> None:
    async def use(self: RecoveryCodes, subject: str, code: str) -> bool:
        plain = normal(code)
        mine = RECOVERY_CODES.c.id == recovery_codes._id(subject, plain)
        rows = await self._database.run(select(RECOVERY_CODES.c.hash).where(mine))
        return await self._passwords.verify(plain[4:], rows[0].hash if rows else None)

    patch.setattr(RecoveryCodes, "use", use)


def forgetful_reset(patch: pytest.MonkeyPatch) -> None:
    async def reset(service: Service, ticket: str, new: str) -> None:
        claim = await tickets.look(service.auth.store, TICKET, ticket, at=service.clock())
        await reset_password(service, ticket, new)
        assert claim is not None
        async with service.factors._database.writing() as transaction:
            await forget_factors(transaction, claim.words[0])

    for module in (reset_api, reset_pages):
        patch.setattr(module, "reset_password", reset)


def telling_letters(patch: pytest.MonkeyPatch) -> None:
    async def write(service: Service, kind: str, email: str) -> None:
        if await service.users.by_email(email) is None:
            raise Refused(Refusal.NOT_FOUND)
        await write_letter(service, kind, email)

    patch.setattr(forgot, "write_letter", write)


def acting_looks(patch: pytest.MonkeyPatch) -> None:
    async def act(service: Service, ticket: str) -> Proof:
        proof = await look(service, ticket)
        await tickets.use(service.auth.store, VERIFY, ticket, at=service.clock())
        return proof

    patch.setattr(verify, "look", act)


def any_site(patch: pytest.MonkeyPatch) -> None:
    strict = webauthn.verify_authentication_response

    def verify(**given: Any) -> Any:
        client = json.loads(forge.decode(given["credential"]["response"]["clientDataJSON"]))
        return strict(**{**given, "expected_origin": client["origin"]})

    patch.setattr(webauthn, "verify_authentication_response", verify)


def any_browser(module: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(module, "is_this_browser", lambda of_word: True)


OF_FACTORS: dict[str, Callable[[pytest.MonkeyPatch], Any]] = {
    "a second factor is asked for": lambda patch: patch.setattr(
        second_step, "proves", lambda *_: True
    ),
    "a second step is bound to its browser": any_browser(second_step),
    "a code of an app works once": reusable_codes,
    "a recovery code works once": lasting_codes,
    "a reset link keeps the factors": forgetful_reset,
    "opening a link changes nothing": acting_looks,
    "a request for a letter looks for no account": telling_letters,
    "a passkey answers for its own site": any_site,
    "a challenge works once": lambda patch: patch.setattr(tickets, "use", tickets.look),
    "a challenge is bound to its browser": any_browser(challenge),
    "a link logs in where it was asked for": any_browser(mail_login),
}
