"""A server of tokens by hand."""

import pytest

from tests.resource.issuer import FakeIssuer, new_issuer


@pytest.fixture
def issuer(anyio_backend: str) -> FakeIssuer:
    return new_issuer()
