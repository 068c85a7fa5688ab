"""What `doorward doctor` sees of the proxies, by asking at the public origin."""

import ssl
from asyncio import to_thread
from pathlib import Path

import pytest

from doorward.cli.reaching import Reached, judged, reach
from doorward.server.options import Options
from tests.support.certificate import make_certificate
from tests.support.ports import free_port
from tests.support.proxy import running_proxy
from tests.support.thread_server import server_in_thread

pytestmark = pytest.mark.process


@pytest.fixture
def served_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a proxy speaks TLS with; clients of this test believe it."""
    make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("trusted", "says"), [("127.0.0.1", "X-Forwarded-Proto"), ("10.0.0.1", "--trusted-proxies")]
)
async def test_a_proxy_that_says_nothing_of_https_is_found(
    tmp_path: Path, served_tls: ssl.SSLContext, trusted: str, says: str
) -> None:
    port = free_port()
    origin = "https://login.example"
    told = ["--public-origin", origin, "--trusted-proxies", trusted]
    with server_in_thread(*told, folder=tmp_path, port=port):
        async with running_proxy(port, served_tls) as proxy:
            given = Options(public_origin=f"https://localhost:{proxy.port}")
            found = await to_thread(reach, given)
    assert found is not None
    assert found.reason == "insecure"
    assert says in found.detail


@pytest.mark.anyio
async def test_what_is_no_server_of_ours_or_not_there_is_told_apart(
    tmp_path: Path, served_tls: ssl.SSLContext
) -> None:
    nobody = reach(Options(public_origin=f"https://localhost:{free_port()}"))
    assert nobody is not None
    assert "refused" in nobody.error
    async with running_proxy(free_port(), served_tls) as proxy:
        other = await to_thread(reach, Options(public_origin=f"https://localhost:{proxy.port}"))
    assert other is not None
    assert (other.reason, bool(other.error)) == ("", True)


@pytest.mark.anyio
async def test_a_certificate_that_nobody_believes_is_told_as_such(
    tmp_path: Path, served_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    async with running_proxy(free_port(), served_tls) as proxy:
        found = await to_thread(reach, Options(public_origin=f"https://localhost:{proxy.port}"))
    assert found is not None
    assert "self-signed" in found.untrusted


def test_where_no_proxy_has_to_say_anything_nobody_is_asked() -> None:
    assert reach(Options()) is None
    assert reach(Options(tls_cert="c", tls_key="k")) is None


def test_an_answer_of_something_else_names_no_reason() -> None:
    assert judged(b"<html>") == judged(b"[]") == judged(b"{}") == Reached()
