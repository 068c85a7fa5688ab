"""What is the id of a client that describes itself, and what its document may say."""

import json
from typing import Any

import pytest

from doorward.server.oauth.client import InvalidClient
from doorward.server.oauth.client_document import is_document_id, read_document
from doorward.server.oauth.scopes import STANDARD

LOCAL = "http://localhost/callback"


@pytest.mark.parametrize(
    "client_id",
    [
        "http://app.example/client",
        "https://app.example",
        "https://app.example/",
        "https://localhost/client",
        "https://127.0.0.1/client",
        "https://[::1]/client",
        "https://user@app.example/client",
        "https://app.example/client?x=1",
        "https://app.example/client#x",
        "https://app.example/a/../client",
        "https://app.example/./client",
        "https://APP.example/client",
        "https://app.example:0/client",
        "https://app.example/cli ent",
        "https://app.example/client\n",
        "https://app.example/" + "a" * 240,
    ],
)
def test_an_id_that_is_no_address_of_a_document(client_id: str) -> None:
    assert not is_document_id(client_id)


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "https://app.example/Client"},
        {"client_id": None},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"client_secret": "x"},
        {"grant_types": ["client_credentials"]},
        {"grant_types": "authorization_code"},
        {"redirect_uris": []},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["http://agent.example/"]},
        {"redirect_uris": "https://agent.example/"},
        {"redirect_uris": [7]},
        {"client_name": 7},
        {"client_name": "right\u202eleft"},
    ],
    ids=str,
)
def test_a_document_that_describes_no_client(change: dict[str, Any]) -> None:
    url = "https://app.example/client"
    says = {"client_id": url, "redirect_uris": ["https://agent.example/"], **change}
    with pytest.raises(InvalidClient):
        read_document(url, json.dumps(says).encode(), STANDARD.values())


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 9_000])
def test_what_is_no_document(body: bytes) -> None:
    with pytest.raises(InvalidClient):
        read_document("https://app.example/client", body, STANDARD.values())


def test_a_document_needs_no_name() -> None:
    url = "https://app.example/client"
    says = {"client_id": url, "redirect_uris": [LOCAL]}
    assert read_document(url, json.dumps(says).encode(), ()).name == "app.example"


@pytest.mark.parametrize("act", ["end", "disable", "enable", "rotate", "edit", "secret", "grants"])
def test_an_id_does_not_end_like_the_address_of_an_act(act: str) -> None:
    assert not is_document_id(f"https://app.example/{act}")
    assert is_document_id(f"https://app.example/{act}/x")
