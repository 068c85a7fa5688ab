"""The refusals of the server itself, beside those of the library: a closed set, with its
answers."""

from enum import StrEnum
from http import HTTPStatus

from ..errors import DoorwardError
from ..web.problem import document
from ..web.transport import NO_STORE, Header


class Refusal(StrEnum):
    """Why the server refused a request: stable, machine-readable, safe to show."""

    INVALID_CREDENTIALS = "invalid_credentials"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105
    WRONG_CODE = "wrong_code"
    LOGIN_EXPIRED = "login_expired"
    FACTOR_EXISTS = "factor_exists"
    FACTOR_REQUIRED = "factor_required"
    PASSKEY_REFUSED = "passkey_refused"
    UNKNOWN_PASSKEY = "unknown_passkey"
    TOO_MANY_PASSKEYS = "too_many_passkeys"
    EMAIL_TAKEN = "email_taken"
    INVALID_EMAIL = "invalid_email"
    WEAK_PASSWORD = "weak_password"  # noqa: S105
    SIGNUP_CLOSED = "signup_closed"
    LAST_ADMIN = "last_admin"
    OWN_ACCOUNT = "own_account"
    HAS_PASSWORD = "has_password"  # noqa: S105 - a word for programs
    INVALID_LINK = "invalid_link"
    UNKNOWN_APPLICATION = "unknown_application"
    UNREGISTERED_REDIRECT = "unregistered_redirect"
    INVALID_HINT = "invalid_hint"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    BUSY = "busy"
    INVALID_REQUEST = "invalid_request"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    TOO_LARGE = "too_large"
    HEADERS_TOO_LARGE = "headers_too_large"
    TOO_SLOW = "too_slow"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INSECURE = "insecure"
    INTERNAL = "internal"


_ANSWERS: dict[Refusal, tuple[HTTPStatus, str]] = {
    Refusal.INVALID_CREDENTIALS: (
        HTTPStatus.UNAUTHORIZED,
        "The e-mail address or the password is wrong.",
    ),
    Refusal.WRONG_PASSWORD: (HTTPStatus.FORBIDDEN, "The password is wrong."),
    Refusal.WRONG_CODE: (
        HTTPStatus.FORBIDDEN,
        "This code is wrong, too old, or was used before.",
    ),
    Refusal.LOGIN_EXPIRED: (
        HTTPStatus.UNAUTHORIZED,
        "This login took too long, or the account was changed meanwhile. Log in again.",
    ),
    Refusal.FACTOR_EXISTS: (
        HTTPStatus.CONFLICT,
        "There is an authenticator app already. Remove it before you set up another.",
    ),
    Refusal.FACTOR_REQUIRED: (
        HTTPStatus.FORBIDDEN,
        "This site asks you for a second factor, and this is your last one. Add another first.",
    ),
    Refusal.PASSKEY_REFUSED: (
        HTTPStatus.FORBIDDEN,
        "This passkey was not accepted. Try again, or go on in another way.",
    ),
    Refusal.UNKNOWN_PASSKEY: (
        HTTPStatus.FORBIDDEN,
        "This passkey is not known here: it was removed.",
    ),
    Refusal.TOO_MANY_PASSKEYS: (
        HTTPStatus.CONFLICT,
        "You have as many passkeys as one account may have. Remove one first.",
    ),
    Refusal.EMAIL_TAKEN: (
        HTTPStatus.CONFLICT,
        "There is an account with this e-mail address already.",
    ),
    Refusal.INVALID_EMAIL: (
        HTTPStatus.BAD_REQUEST,
        "This does not look like an e-mail address.",
    ),
    Refusal.WEAK_PASSWORD: (HTTPStatus.BAD_REQUEST, "This password is too weak."),
    Refusal.SIGNUP_CLOSED: (
        HTTPStatus.FORBIDDEN,
        "New accounts are made by the operator of this server only.",
    ),
    Refusal.LAST_ADMIN: (
        HTTPStatus.CONFLICT,
        "This is the last administrator. Make somebody else an administrator first.",
    ),
    Refusal.OWN_ACCOUNT: (
        HTTPStatus.CONFLICT,
        "This is your own account. Delete it on the page of your account.",
    ),
    Refusal.HAS_PASSWORD: (
        HTTPStatus.CONFLICT,
        "This person has chosen a password already. Make a reset link instead.",
    ),
    Refusal.INVALID_LINK: (
        HTTPStatus.BAD_REQUEST,
        "This link has expired or was used already; ask for a new one.",
    ),
    Refusal.UNKNOWN_APPLICATION: (
        HTTPStatus.BAD_REQUEST,
        "An application that is not registered here sent you. Nothing was passed on to it.",
    ),
    Refusal.UNREGISTERED_REDIRECT: (
        HTTPStatus.BAD_REQUEST,
        "The application that sent you may not send you on to where it wanted.",
    ),
    Refusal.INVALID_HINT: (
        HTTPStatus.BAD_REQUEST,
        "The application that sent you could not show that it logged you in. Nothing was done.",
    ),
    Refusal.TOO_MANY_ATTEMPTS: (
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many attempts. Wait before you try again.",
    ),
    Refusal.BUSY: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Too many people are logging in at this moment; try again in a few seconds.",
    ),
    Refusal.INVALID_REQUEST: (HTTPStatus.BAD_REQUEST, "The request cannot be understood."),
    Refusal.UNSUPPORTED_MEDIA_TYPE: (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "This address accepts only another content type.",
    ),
    Refusal.TOO_LARGE: (
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large.",
    ),
    Refusal.HEADERS_TOO_LARGE: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The address, cookies or other headers are too long.",
    ),
    Refusal.TOO_SLOW: (HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time."),
    Refusal.NOT_FOUND: (HTTPStatus.NOT_FOUND, "There is nothing at this address."),
    Refusal.METHOD_NOT_ALLOWED: (
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This address does not accept this method.",
    ),
    Refusal.INSECURE: (HTTPStatus.FORBIDDEN, "This server accepts https only."),
    Refusal.INTERNAL: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on the server. The error was logged.",
    ),
}


class Refused(DoorwardError):
    """The server refuses a request.  Its text is one plain sentence, fit for anybody.

    `field` names the form field it is about, if one; `retry_after` is in seconds.
    """

    def __init__(
        self,
        reason: Refusal,
        sentence: str = "",
        *,
        field: str = "",
        retry_after: int | None = None,
        headers: tuple[Header, ...] = (),
    ) -> None:
        self.status, usual = _ANSWERS[reason]
        super().__init__(sentence or usual)
        self.reason = reason
        self.field = field
        self.retry_after = retry_after
        self._headers = headers

    @property
    def headers(self) -> list[Header]:
        """The headers that every answer to it carries, page or problem."""
        found = [*self._headers, NO_STORE]
        if self.status is HTTPStatus.UNAUTHORIZED:
            found.append((b"www-authenticate", b'Bearer realm="doorward"'))
        if self.retry_after is not None:
            found.append((b"retry-after", b"%d" % self.retry_after))
        return found

    @property
    def document(self) -> bytes:
        """Its problem details (RFC 9457)."""
        return document(self.status, self.reason, str(self))
