"""Which entries of the audit log are a person's own history."""

from ...types import Principal
from ..audit.history import Query


def own_history(principal: Principal) -> Query:
    """What was done to the person, and what they did, but not what they did to others."""
    return Query(person=principal.subject, own=True)
