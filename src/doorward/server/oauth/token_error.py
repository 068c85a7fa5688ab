"""The errors of the endpoints that programs call (RFC 6749 section 5.2): a closed set."""

from typing import Literal

from ...errors import DoorwardError

Code = Literal[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
    "slow_down",
    "temporarily_unavailable",
    "server_error",
]

STATUS: dict[Code, int] = {
    "invalid_client": 401,
    "slow_down": 429,
    "temporarily_unavailable": 503,
    "server_error": 500,
}
"""All others are 400."""

DESCRIPTIONS: dict[Code, str] = {
    "invalid_client": "The client is unknown, is disabled, or did not authenticate.",
    "invalid_grant": "The code or token is unknown, was used, has expired, or is of another"
    " client; or what belongs to it differs.",
    "unsupported_grant_type": "grant_type is authorization_code, refresh_token or"
    " client_credentials.",
    "slow_down": "Too many attempts. Wait before the next.",
    "temporarily_unavailable": "The database does not answer. Try again soon.",
    "server_error": "Something went wrong on the server. The error was logged.",
}


class TokenError(DoorwardError):
    """The answer is this error.  `retry_after` is in seconds."""

    def __init__(
        self, code: Code, description: str = "", *, retry_after: int | None = None
    ) -> None:
        self.code = code
        self.description = description or DESCRIPTIONS.get(code, "")
        self.retry_after = retry_after
        super().__init__(self.description or code)

    @property
    def status(self) -> int:
        """Of the answer."""
        return STATUS.get(self.code, 400)

    def facts(self) -> dict[str, str]:
        """Its JSON."""
        said = {"error_description": self.description} if self.description else {}
        return {"error": self.code, **said}
