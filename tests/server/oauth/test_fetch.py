"""What is fetched from the internet for a stranger, and what is not."""

import asyncio
import gzip
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from doorward.server.oauth import fetch
from doorward.server.oauth.fetch import FRESH, MAX_BYTES, MOST_AT_ONCE, Fetch, Unfetched, is_public
from tests.support.certificate import make_certificate

pytestmark = pytest.mark.anyio

HOST = "app.example"
OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@dataclass
class Site:
    """A site at `app.example` that answers every request by `answer`."""

    port: int
    trust: ssl.SSLContext
    answer: bytes = (OK + "Content-Length: 2\r\n\r\n{}").encode()
    pause: asyncio.Event | None = None
    heads: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/client"

    def fetch(self) -> Fetch:
        return Fetch(allowed=lambda address: address.is_loopback, tls=self.trust)

    async def asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        await writer.drain()
        if self.pause is not None:
            await self.pause.wait()
        writer.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    folder = tmp_path_factory.mktemp("site")
    return make_certificate(folder, host=HOST), folder


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What a name server answers."""
    known = {HOST: ["127.0.0.1"]}

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host not in known:
            raise socket.gaierror("unknown")
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, port))
            for each in known[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return known


@pytest.fixture
async def site(
    certificate: tuple[ssl.SSLContext, Path], names: dict[str, list[str]]
) -> AsyncIterator[Site]:
    trust, folder = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    found = Site(0, trust)
    server = await asyncio.start_server(found.asked, "127.0.0.1", 0, ssl=context)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found


async def test_a_document_comes_from_the_address_that_was_looked_at(site: Site) -> None:
    found = await site.fetch()(site.url)
    assert found == (b"{}", FRESH[1])
    (head,) = site.heads
    assert head.startswith(b"GET /client HTTP/1.1\r\n")
    assert f"host: {HOST}:{site.port}".encode() in head.lower()
    assert b"cookie" not in head.lower()


@pytest.mark.parametrize(
    ("said", "expected"),
    [("max-age=7200", 7200), ("max-age=1", FRESH[0]), ("max-age=99999999", FRESH[2]), ("x", 3600)],
)
async def test_how_long_it_is_good(site: Site, said: str, expected: int) -> None:
    site.answer = f"{OK}Cache-Control: public, {said}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    assert (await site.fetch()(site.url)).fresh_for == expected


@pytest.mark.parametrize(
    "answer",
    [
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 302 Found\r\nLocation: https://app.example/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        f"{OK}Content-Length: {MAX_BYTES + 1}\r\n\r\n{' ' * (MAX_BYTES + 1)}",
        f"{OK}Content-Length: 9\r\n\r\n{{}}",
        "nonsense\r\n\r\n",
    ],
    ids=["404", "redirect", "html", "untyped", "large", "cut", "nonsense"],
)
async def test_what_is_no_document(site: Site, answer: str) -> None:
    site.answer = answer.encode()
    with pytest.raises(Unfetched):
        await site.fetch()(site.url)


async def test_a_document_that_swells_is_given_up(site: Site) -> None:
    packed = gzip.compress(b" " * 5_000_000)
    head = f"{OK}Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    site.answer = head.encode() + packed
    with pytest.raises(Unfetched, match="large"):
        await site.fetch()(site.url)


async def test_a_certificate_must_be_of_the_host(site: Site, names: dict[str, list[str]]) -> None:
    names["other.example"] = ["127.0.0.1"]
    with pytest.raises(Unfetched):
        await site.fetch()(site.url.replace(HOST, "other.example"))
    with pytest.raises(Unfetched):
        await Fetch(allowed=lambda _: True)(site.url)  # which the system does not believe
    assert site.heads == []


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["93.184.215.14", "::1"], []]
)
async def test_a_host_with_any_private_address_is_not_asked(
    site: Site, names: dict[str, list[str]], addresses: list[str]
) -> None:
    names[HOST] = addresses
    with pytest.raises(Unfetched, match="not public"):
        await Fetch(tls=site.trust)(site.url)
    assert site.heads == []


@pytest.mark.parametrize("host", ["unknown.example", "a..b", "x" * 64 + ".example"])
async def test_a_host_that_is_none(names: dict[str, list[str]], host: str) -> None:
    with pytest.raises(Unfetched):
        await Fetch()(f"https://{host}/client")


async def test_an_answer_that_never_ends_is_given_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "WHOLE", 0.3)
    site.pause, site.answer = asyncio.Event(), OK.encode() + b"Content-Length: 9\r\n\r\n{}"
    with pytest.raises(Unfetched):
        await site.fetch()(site.url)
    site.pause.set()


async def test_who_is_slow_is_given_up_and_others_are_turned_away_meanwhile(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TIMEOUT", 0.3)
    wait = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await wait.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    slow, get = site.url.replace(str(site.port), str(port)), site.fetch()
    async with server:
        every = [asyncio.create_task(get(slow)) for _ in range(MOST_AT_ONCE + 1)]
        done = await asyncio.gather(*every, return_exceptions=True)
        wait.set()
    assert all(isinstance(each, Unfetched) for each in done)
    assert str(done[-1]) == "too many at once"
    with pytest.raises(Unfetched, match="not public"):  # there is room again
        await Fetch()(site.url)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808"),
        *("2002:7f00:1::", "2001:0:7f00:1::", "64:ff9b:1::7f00:1"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", ["fec0::1", "::7f00:1", "5f00::1", "3fff::1"])
def test_addresses_that_belong_to_nobody_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


async def test_slow_name_servers_hold_up_no_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    answered, asked = threading.Event(), []

    def hang(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        answered.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(fetch, "WHOLE", 0.05)
    get = Fetch()
    try:
        for _ in range(2):  # the threads of the first ones still wait
            every = [get(f"https://{HOST}/{number}") for number in range(MOST_AT_ONCE)]
            for failure in await asyncio.gather(*every, return_exceptions=True):
                assert isinstance(failure, Unfetched)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: 1), 1) == 1
        assert len(asked) == MOST_AT_ONCE
    finally:
        answered.set()
