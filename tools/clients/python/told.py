"""What a program says to the runner, and what the person does for it.

A line of JSON on stdout says that a step was done, or asks the person for something; the answer is
one line on stdin.
"""

import json
import os
import sys
from collections.abc import Callable
from importlib import metadata

ISSUER = os.environ["ISSUER"]
CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
CALLBACK, GOODBYE = os.environ["CALLBACK"], os.environ["GOODBYE"]
RESOURCE, API_SCOPE = os.environ["RESOURCE"], os.environ["API_SCOPE"]
EMAIL = os.environ["EMAIL"]
ALGORITHM = os.environ["ALGORITHM"]
"""How the provider signs the ID tokens of this client."""
PKCE = os.environ["PKCE"]
"""The method, or nothing for a client that does without."""


def version(package: str) -> None:
    """Which version of a Python package is tried."""
    tried(f"{package} {metadata.version(package)}")


def tried(what: str) -> None:
    """A program and its version."""
    _say(version=what)


def done(step: str, more: str = "") -> None:
    """The step went well."""
    _say(step=step, more=more)


def visit(address: str) -> str:
    """The person follows a link, in the one browser that they have; where they arrive."""
    return _asked(visit=address)


def log_out(address: str) -> str:
    """The person follows a link that logs them out of the provider without a question, and comes
    back to the application."""
    arrived = _asked(log_out=address)
    assert arrived.partition("?")[0] == GOODBYE, arrived
    return arrived


def end_access() -> None:
    """The person ends the access of all applications."""
    _asked(end_access=True)


def refused(kind: type[Exception], call: Callable[[], object]) -> Exception:
    """The error of a call, which must fail."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError("it was not refused")


def _asked(**what: object) -> str:
    _say(**what)
    return sys.stdin.readline().strip()


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)
