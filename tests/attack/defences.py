"""Each defence and how it is taken out: by a patch of this process, never by a setting."""

from collections.abc import Callable
from typing import Any

import pytest

from doorward import rules
from doorward.attack import forge
from doorward.keys.ring import Keyring
from doorward.rules import Verdict
from doorward.server.http import errors
from doorward.server.journeys.login import flow as login
from doorward.server.journeys.login import pages as login_page
from doorward.server.journeys.password import flow as password
from doorward.server.refusals import Refusal, Refused
from doorward.web import transport
from doorward.web.fastapi import Doorward
from doorward.web.origin_check import OriginCheck
from doorward.web.visit import Visit
from tests.attack.defences_at_rest import AT_REST
from tests.attack.defences_in_browsers import IN_BROWSERS
from tests.attack.defences_of_applications import OF_APPLICATIONS
from tests.attack.defences_of_factors import OF_FACTORS
from tests.attack.defences_of_requests import OF_REQUESTS

Patch = Callable[[pytest.MonkeyPatch], None]


async def _nothing(*_: object, **__: object) -> None:
    """Takes the place of what defends."""


def _lax_tokens(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Keyring, "verify", lambda ring, token, now: forge.decode(token.split(".")[1]))


def _first_cookie(patch: pytest.MonkeyPatch) -> None:
    strict = transport._from_cookies

    def first(header: bytes, modes: Any, suffix: str) -> Any:
        return strict(header.partition(b";")[0], modes, suffix)

    patch.setattr(transport, "_from_cookies", first)


def _telling_login(patch: pytest.MonkeyPatch) -> None:
    async def failed(service: object, user: object) -> Refused:
        return Refused(Refusal.INVALID_CREDENTIALS if user else Refusal.NOT_FOUND)

    patch.setattr(login, "_failed", failed)


def _believed_host(patch: pytest.MonkeyPatch) -> None:
    def back(scope: Any) -> str:
        return f"http://{dict(scope['headers'])[b'host'].decode()}{scope['path']}"

    patch.setattr(errors, "asked_for", back)


DEFENCES: dict[str, Patch] = (
    AT_REST
    | IN_BROWSERS
    | OF_APPLICATIONS
    | OF_FACTORS
    | OF_REQUESTS
    | {
        "a logout ends the session on the server": lambda patch: patch.setattr(
            Doorward, "logout", _nothing
        ),
        "reuse of a refresh token is detected": lambda patch: patch.setattr(
            rules, "judge_refresh", lambda *_, **__: Verdict.ROTATE
        ),
        "a login ends the session that the request carried": lambda patch: patch.setattr(
            Visit, "held", lambda visit: ()
        ),
        "requests from other origins are refused": lambda patch: patch.setattr(
            OriginCheck, "check", _nothing
        ),
        "signatures of tokens are verified": _lax_tokens,
        "duplicate cookies are refused": _first_cookie,
        "a login redirects to local paths only": lambda patch: patch.setattr(
            login_page, "local_path", lambda text: text
        ),
        "a new password ends other sessions": lambda patch: patch.setattr(
            password, "apply_decisions", _nothing
        ),
        "a failed login does not tell who has an account": _telling_login,
        "no answer repeats the Host header": _believed_host,
    }
)
