"""Client id metadata documents: a client whose id is the address of a document that describes it
(draft-ietf-oauth-client-id-metadata-document, which MCP builds on)."""

import json
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from .client import InvalidClient, Registration
from .scopes import Scope

LONGEST_ID = 255

ACTS = frozenset({"disable", "edit", "enable", "end", "grants", "rotate", "secret"})
"""Last parts of addresses here, behind a client id: no id ends like one, or two addresses would be
the same."""

_URL = re.compile(
    r"https://([a-z0-9-]+\.)+[a-z][a-z0-9-]*(:[1-9]\d{0,4})?/[!$-;=@-\[\]_a-z~]+"
)  # a last label of digits would be an address


def is_document_id(client_id: str) -> bool:
    """Whether a client id is the address of a document: https, a host by its name, and a path
    without dots, query or fragment (section 2), so that one client has one spelling.  It does not
    end like an act on a client here."""
    if len(client_id) > LONGEST_ID or not _URL.fullmatch(client_id):
        return False
    parts = client_id.split("/")
    return not {".", ".."} & set(parts) and parts[-1] not in ACTS


def host_of(client_id: str) -> str:
    """The host that vouches for a client, and its port if it names one."""
    return urlsplit(client_id).netloc


def read_document(client_id: str, body: bytes, scopes: Collection[Scope]) -> Registration:
    """What the document at `client_id` says of the client, which may ask for `scopes`.  Nobody
    checked any of it but that it is that host who says so.  Raises `InvalidClient`."""
    try:
        said = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise InvalidClient("The document is not JSON.") from None
    if not isinstance(said, dict) or said.get("client_id") != client_id:
        raise InvalidClient("The document is of another client.")
    if said.get("token_endpoint_auth_method", "none") != "none" or "client_secret" in said:
        raise InvalidClient("A client that describes itself has no secret here.")
    if "authorization_code" not in _texts(said, "grant_types", ["authorization_code"]):
        raise InvalidClient("The client does not want codes.")
    return Registration(
        name=_text(said, "client_name", host_of(client_id)),
        kind="public",
        scopes=scopes,
        redirect_uris=_texts(said, "redirect_uris", []),
        describes_itself=True,
    )


def _text(said: dict[str, object], name: str, default: str) -> str:
    found = said.get(name, default)
    if not isinstance(found, str):
        raise InvalidClient(f"{name} is no text.")
    return found


def _texts(said: dict[str, object], name: str, default: list[str]) -> list[str]:
    found = said.get(name, default)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise InvalidClient(f"{name} is no list of texts.")
    return found
