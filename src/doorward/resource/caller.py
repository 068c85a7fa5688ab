"""Who calls an API with an access token, and for whom."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The application `client_id` acts for the person `subject`, within `scopes`, at the API
    `audience`.  `sid` is the id of the grant, and `expires_at` when its access token runs out.  An
    application that acts for itself is its own subject.
    """

    subject: str
    client_id: str
    scopes: frozenset[str]
    audience: str
    sid: str
    expires_at: int
