"""Guesses at passwords, each from a loopback address that nobody else uses."""

from dataclasses import replace

from .attacker import Attacker
from .client import another_source
from .target import Account, Target

NO_SOURCE = "It needs other addresses of 127.0.0.0/8, which this machine or instance does not have."


def can_guess(attacker: Attacker) -> bool:
    """Whether this machine can reach the instance from another address."""
    return bool(another_source(attacker.target.client.address.ip))


def guesser(target: Target) -> Target:
    """The same instance, from another address; its requests are not in the transcript."""
    source = another_source(target.client.address.ip)
    return replace(target, client=replace(target.client, source=source, transcript=[]))


def was_checked(target: Target, account: Account) -> bool:
    """Whether the server checked a wrong password; False when the limit refused the guess.  Raises
    `AssertionError` for any other answer."""
    answer = target.try_login(account, "a wrong guess")
    if not answer.accepted and answer.status not in (400, 401, 403, 429):
        raise AssertionError(f"a guess was answered {answer.status}")
    return answer.status != 429
