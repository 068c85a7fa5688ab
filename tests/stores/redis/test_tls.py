"""rediss:// through a proxy that speaks TLS: whose certificate is good."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from doorward.errors import ConfigurationError, StoreUnavailable
from doorward.stores import open_store
from doorward.testing.contract.rows import a_session, add
from tests.support.proxy import Proxy, running_proxy
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate for an address, in one file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return certificate(tmp_path, "127.0.0.1")


@pytest.fixture
async def secure(server: Valkey, good: Path) -> AsyncIterator[Proxy]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(good)
    async with running_proxy(server.port, context) as proxy:
        yield proxy


async def test_a_certificate_of_the_ca_given_is_good(secure: Proxy, good: Path) -> None:
    store = open_store(f"rediss://127.0.0.1:{secure.port}?ssl_ca_certs={good}")
    await add(store, a_session("a"))
    assert await store.get("a") == a_session("a")
    secure.reset()
    await store.wait(0.01)
    assert await store.get("a") == a_session("a")
    await store.close()


async def test_a_certificate_of_nobody_known_is_refused(secure: Proxy) -> None:
    store = open_store(f"rediss://127.0.0.1:{secure.port}")
    with pytest.raises(ConfigurationError, match="certificate is refused: self-signed"):
        await store.get("a")
    await store.close()


async def test_a_certificate_for_another_name_is_refused(secure: Proxy, good: Path) -> None:
    store = open_store(f"rediss://localhost:{secure.port}?ssl_ca_certs={good}")
    with pytest.raises(ConfigurationError, match=r"certificate is refused: .*localhost"):
        await store.get("a")
    await store.close()


async def test_a_file_that_holds_no_certificate_is_refused(secure: Proxy, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for file in ("empty", "missing"):
        store = open_store(f"rediss://127.0.0.1:{secure.port}?ssl_ca_certs={tmp_path / file}")
        with pytest.raises((ConfigurationError, StoreUnavailable)):
            await store.get("a")
        await store.close()


async def test_a_server_without_tls_is_not_spoken_to(server: Valkey) -> None:
    store = open_store(f"rediss://127.0.0.1:{server.port}")
    with pytest.raises(StoreUnavailable):
        await store.get("a")
    await store.close()
