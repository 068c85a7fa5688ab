"""Who must have a second factor."""

from collections.abc import Collection

from ...types import Roles

ALL = "all"
"""Stands for everybody, in place of a role."""


def must_have_second(required: Collection[str], roles: Roles) -> bool:
    """Whether somebody with these roles must have a second factor, where `required` names the
    roles that must, or `ALL`."""
    return ALL in required or not roles.isdisjoint(required)
