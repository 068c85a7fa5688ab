"""The names that roles can have, and how a row holds them."""

import json
import re

from ...errors import DoorwardError
from ...settings import MAX_ROLE_BYTES
from ...types import VERIFIED, Roles

_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")


class InvalidRole(DoorwardError, ValueError):
    """Not a name a role can have, or too many roles."""


def written(roles: Roles) -> str:
    """Roles as the column holds them.  A name is 1 to 64 ASCII letters, digits and `_ . : / -`,
    the first a letter or digit.  Raises `InvalidRole`."""
    if VERIFIED in roles:
        raise InvalidRole(
            f"The role {VERIFIED} belongs to whoever proved their address; nobody can give it."
        )
    for role in roles:
        if not _ROLE.fullmatch(role):
            raise InvalidRole(
                "A role is 1 to 64 of the letters A to Z and a to z, digits and _ . : / - only,"
                " a letter or digit first."
            )
    text = json.dumps(sorted(roles))
    if len(json.dumps(sorted(roles | {VERIFIED}))) > MAX_ROLE_BYTES:
        raise InvalidRole("These are too many or too long roles to fit in an access token.")
    return text


def piece(role: str) -> str:
    """What the column of everybody with this role contains, and of nobody else."""
    return json.dumps(role)
