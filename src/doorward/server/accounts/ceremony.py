"""The ceremonies of WebAuthn: what a browser is asked, and what its answer proves.

The library that verifies takes 150 ms to import, so it is imported with the first answer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...errors import DoorwardError
from ...keys import base64url
from .passkeys import Passkey

if TYPE_CHECKING:
    from webauthn.registration.verify_registration_response import VerifiedRegistration

ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA and RS256, by their COSE numbers, the first preferred."""

LONGEST_ID = 1023
"""Bytes of a credential id (WebAuthn Level 3 section 4)."""

PATIENCE = 5 * 60 * 1000
"""Milliseconds for which a browser waits for its user."""

_ID = re.compile(r"[\w-]{1,1364}", re.ASCII)

Json = dict[str, Any]
Answer = Mapping[str, Any]
"""What a browser's `toJSON` gives: a `RegistrationResponseJSON` or `AuthenticationResponseJSON`."""


class BadPasskey(DoorwardError):
    """The answer of a browser proves nothing.  Its text is for the log."""


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a use of a passkey tells, beside that it is the right one."""

    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Ceremony:
    """The ceremonies of one site, which answers at the public `origin` and is called `name`."""

    origin: str
    name: str

    @property
    def rp_id(self) -> str:
        """What passkeys are bound to: the host of the public origin."""
        return urlsplit(self.origin).hostname or ""

    def creation(
        self, challenge: str, handle: str, email: str, known: Sequence[Passkey], unasked: bool
    ) -> Json:
        """The options for `navigator.credentials.create`, in JSON.  A device with one of the
        passkeys that are `known` makes no other.  `unasked`: the person is not asked, because they
        proved a moment ago who they are."""
        return {
            "rp": {"id": self.rp_id, "name": self.name},
            "user": {"id": handle, "name": email, "displayName": email},
            "challenge": challenge,
            "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
            "timeout": PATIENCE,
            "excludeCredentials": [_descriptor(each) for each in known],
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "preferred" if unasked else "required",
            },
            "attestation": "none",
        }

    def request(self, challenge: str, allowed: Sequence[Passkey]) -> Json:
        """The options for `navigator.credentials.get`, in JSON.  None `allowed`: whichever the
        person chooses."""
        return {
            "rpId": self.rp_id,
            "challenge": challenge,
            "timeout": PATIENCE,
            "allowCredentials": [_descriptor(each) for each in allowed],
            "userVerification": "required",
        }

    def registered(
        self, answer: Answer, challenge: str, *, subject: str, handle: str, unasked: bool, at: int
    ) -> Passkey:
        """The passkey that a browser made, without a name.  Raises `BadPasskey`.

        One that was made `unasked` may have been made without its user, who must be there, and
        verified, at each use of it all the same.
        """
        from webauthn import verify_registration_response
        from webauthn.helpers.cose import COSEAlgorithmIdentifier

        _check_not_framed(answer)
        try:
            found = verify_registration_response(
                credential=dict(answer),
                expected_challenge=base64url.decode(challenge.encode()),
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
                require_user_presence=not unasked,
                require_user_verification=not unasked,
                supported_pub_key_algs=[COSEAlgorithmIdentifier(alg) for alg in ALGORITHMS],
            )
        # its parsers let through whatever goes wrong within them, and the bytes are a stranger's
        except Exception as error:
            raise BadPasskey(str(error)) from error
        if len(found.credential_id) > LONGEST_ID:
            raise BadPasskey("the id of the credential is too long")
        return _made(found, answer, subject, handle, at)

    def asserted(self, answer: Answer, challenge: str, passkey: Passkey) -> Asserted:
        """What the use of this passkey tells.  Raises `BadPasskey` if it was not used, or not by a
        person who was verified, for this challenge and at this site."""
        from webauthn import verify_authentication_response

        _check_not_framed(answer)
        try:
            found = verify_authentication_response(
                credential=dict(answer),
                expected_challenge=base64url.decode(challenge.encode()),
                expected_rp_id=self.rp_id,
                expected_origin=self.origin,
                credential_public_key=base64url.decode(passkey.public_key.encode()),
                credential_current_sign_count=0,  # a count that fell locks nobody out
                require_user_verification=True,
            )
        # its parsers let through whatever goes wrong within them, and the bytes are a stranger's
        except Exception as error:
            raise BadPasskey(str(error)) from error
        return Asserted(found.new_sign_count, found.credential_backed_up)


def _made(
    found: "VerifiedRegistration", answer: Answer, subject: str, handle: str, at: int
) -> Passkey:
    return Passkey(
        credential_id=_text(found.credential_id),
        subject=subject,
        user_handle=handle,
        public_key=_text(found.credential_public_key),
        sign_count=found.sign_count,
        transports=_transports(answer),
        aaguid=found.aaguid,
        backup_eligible=found.credential_device_type.value == "multi_device",
        backed_up=found.credential_backed_up,
        name="",
        created_at=at,
    )


def challenge_of(answer: Answer) -> str:
    """The challenge that an answer says it is for; nothing is verified.  Raises `BadPasskey`."""
    challenge = _client_data(answer).get("challenge")
    if not isinstance(challenge, str):
        raise BadPasskey("the answer names no challenge")
    return challenge


def handle_of(answer: Answer) -> str:
    """The user handle that an answer gives, or empty."""
    handle = _part(answer, "response").get("userHandle")
    return handle.rstrip("=") if isinstance(handle, str) else ""


def id_of(answer: Answer) -> str:
    """The credential that an answer says it is of, or empty."""
    found = answer.get("id")
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def _check_not_framed(answer: Answer) -> None:
    """Refuse what was done in a frame within a page of another site (WebAuthn Level 3 section 7.1,
    step 10): no page of ours may be framed."""
    if _client_data(answer).get("crossOrigin") not in (None, False):
        raise BadPasskey("the answer is from a frame in a page of another site")


def _client_data(answer: Answer) -> Json:
    text = _part(answer, "response").get("clientDataJSON")
    try:
        found = json.loads(base64url.decode(str(text).rstrip("=").encode()))
    except (DoorwardError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadPasskey("the client data of the answer cannot be read")
    return found


def _part(answer: Answer, name: str) -> Json:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def _transports(answer: Answer) -> tuple[str, ...]:
    """Words of letters and hyphens: they are handed to browsers again."""
    said = _part(answer, "response").get("transports")
    words = [each for each in said if isinstance(each, str)] if isinstance(said, list) else []
    fit = [each for each in words if len(each) < 32 and each.replace("-", "").isalpha()]
    return tuple(dict.fromkeys(each for each in fit if each.isascii()))[:8]


def _descriptor(passkey: Passkey) -> Json:
    return {
        "type": "public-key",
        "id": passkey.credential_id,
        "transports": list(passkey.transports),
    }


def _text(raw: bytes) -> str:
    return base64url.encode(raw).decode()
