"""What the routes about passkeys take and give."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from ...accounts.passkeys import Passkey
from ...routes.bodies import Body

Options = dict[str, Any]

Credential = Annotated[
    dict[str, Any], Field(description="What `credential.toJSON()` gives in the browser.")
]

Name = Annotated[str, Field(description="For people; 64 characters are kept.")]


class CreationBody(Body):
    unasked: Annotated[
        bool,
        Field(
            description="For a passkey that a password manager makes by itself after a login, with"
            ' `mediation: "conditional"`. Only for somebody who has another second factor.'
        ),
    ] = False


class CreatedBody(CreationBody):
    credential: Credential
    name: Name = ""


class NameBody(Body):
    name: Name


class AnswerBody(Body):
    credential: Credential


class PasskeyEntry(BaseModel):
    id: Annotated[str, Field(description="The credential id, in base64url.")]
    name: str
    created_at: int
    used_at: int | None
    transports: list[str]
    backed_up: Annotated[bool, Field(description="Whether it is synchronised among devices.")]


class PasskeyList(BaseModel):
    """What `PublicKeyCredential.signalAllAcceptedCredentials` takes is in it."""

    rp_id: str
    user_handle: Annotated[str | None, Field(description="Its `userId`; null without a passkey.")]
    passkeys: Annotated[list[PasskeyEntry], Field(description="The oldest first; at most 20.")]


class AddedPasskey(PasskeyEntry):
    recovery_codes: Annotated[
        list[str],
        Field(
            description="Each lets the person in once. Shown now and never again; empty: they have"
            " some already."
        ),
    ]


def members(passkey: Passkey) -> dict[str, Any]:
    """The members of an entry."""
    return {
        "id": passkey.credential_id,
        "name": passkey.name,
        "created_at": passkey.created_at,
        "used_at": passkey.used_at,
        "transports": list(passkey.transports),
        "backed_up": passkey.backed_up,
    }
