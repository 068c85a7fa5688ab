"""The bodies of the API for applications, as OpenAPI describes them."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ...oauth.clients import OVERLAP
from ...routes.admin import AdminBody
from ...routes.bodies import After

Uris = Annotated[list[str], Field(default_factory=list, max_length=20)]
Names = Annotated[list[str], Field(default_factory=list, max_length=500)]
Algorithm = Annotated[
    Literal["RS256"] | None,
    Field(description="How its ID tokens are signed; null: like access tokens."),
]


class NewApplicationBody(AdminBody):
    name: str
    kind: Literal["public", "confidential"] = "confidential"
    redirect_uris: Uris
    post_logout_uris: Uris
    scopes: Names
    acts_for_itself: bool = False
    pkce_exempt: bool = False
    id_token_alg: Algorithm = None


class ChangesBody(AdminBody):
    """What is left out stays as it is."""

    name: str = ""
    redirect_uris: Uris
    post_logout_uris: Uris
    scopes: Names
    acts_for_itself: bool = False
    pkce_exempt: bool = False
    id_token_alg: Algorithm = None


class RotateBody(AdminBody):
    overlap: Annotated[
        int,
        Field(ge=0, le=31_536_000, description="Seconds for which the old secret still works."),
    ] = OVERLAP


class ClientEntry(BaseModel):
    client_id: str
    name: str
    kind: Literal["public", "confidential"]
    redirect_uris: list[str]
    post_logout_uris: list[str]
    scopes: list[str]
    resources: Annotated[list[str], Field(description="The APIs of its scopes.")]
    acts_for_itself: bool
    pkce_exempt: bool
    id_token_alg: Algorithm
    describes_itself: Annotated[
        bool, Field(description="All this is what its own document says; nobody here checked it.")
    ]
    created_at: int
    old_secret_until: Annotated[
        int | None, Field(description="Until when the secret before works, too.")
    ]
    disabled_at: Annotated[int | None, Field(description="Null: not disabled.")]


class ClientList(BaseModel):
    applications: Annotated[list[ClientEntry], Field(description="By name.")]


class ClientDetails(ClientEntry):
    grants: Annotated[int, Field(description="Live ones, among the 2,000 that were used last.")]
    used_at: Annotated[int | None, Field(description="When one of them was last used.")]


class ClientWithSecret(ClientEntry):
    client_secret: Annotated[
        str | None,
        Field(description="Shown now and never again; null for a public application."),
    ]


class ClientDecided(ClientEntry):
    grants_ended: int


class GrantEntry(BaseModel):
    sid: Annotated[str, Field(description="The public name of the grant; it proves nothing.")]
    subject: Annotated[str, Field(description="The person, or the application itself.")]
    scopes: list[str]
    resource: Annotated[str, Field(description="The API that it is for.")]
    created_at: int
    seen_at: int


class GrantList(BaseModel):
    grants: Annotated[list[GrantEntry], Field(description="By person; a page may be empty.")]
    after: After


class AccessEntry(BaseModel):
    client_id: str
    name: str
    scopes: list[str]
    since: int
    grants: int
    used_at: int | None


class AccessList(BaseModel):
    applications: Annotated[list[AccessEntry], Field(description="The latest change first.")]


class AccessEnded(BaseModel):
    grants_ended: int
