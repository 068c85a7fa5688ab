"""Guesses that come from addresses of this machine that nobody else uses."""

import secrets
import socket
from dataclasses import replace

from .attacker import Attacker
from .target import Account, Target

NO_SOURCE = "It guesses from other addresses of 127.0.0.0/8, which this machine does not have."


def source() -> str:
    """A loopback address.  Not seeded: the limits that a run fills are not those of the next."""
    one, two, three = secrets.randbelow(254), secrets.randbelow(256), secrets.randbelow(254)
    return f"127.{one + 1}.{two}.{three + 1}"


def can_guess(attacker: Attacker) -> bool:
    """Whether this machine can ask the instance from another address."""
    address = attacker.target.client.address
    try:
        socket.create_connection((address.ip, address.port), 5, (source(), 0)).close()
    except OSError:
        return False
    return True


def guesser(target: Target) -> Target:
    """The same instance, asked from an address of its own; its requests are not kept."""
    client = replace(target.client, source=source(), transcript=[])
    return replace(target, client=client)


def judged(target: Target, account: Account, password: str = "a wrong guess") -> bool:  # noqa: S107
    """Whether the server looked at the password.  Raises `AssertionError` for an answer that says
    neither."""
    answer = target.try_login(account, password)
    if not answer.accepted and answer.status not in (400, 401, 403, 429):
        raise AssertionError(f"a guess was answered {answer.status}")
    return answer.status != 429
