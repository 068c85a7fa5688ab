"""A small real SMTP server: it takes mail, refuses it, hangs up or says nothing, as a test asks."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server at 127.0.0.1 speaks TLS with, and the certificate that its clients trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = made.add_extension(here, critical=False).sign(key, hashes.SHA256())
    chain, secret = folder / "mail.pem", folder / "mail.key"
    chain.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, secret)
    return context, chain


@dataclass(slots=True)
class Taken:
    """One mail: its envelope, and the message."""

    sender: str
    recipient: str
    raw: bytes
    secure: bool
    login: str

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=SMTP)


@dataclass(slots=True)
class Smtp:
    """`refuse` is the answer to RCPT while it is not empty, `refuse_how` that for `refuse_whom`;
    letters to `refuse_data_to` are refused for what they say.  `plain` is whether it takes ASCII
    alone, `silent` whether it says nothing."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    refuse: str = ""
    refuse_whom: str = ""
    refuse_how: str = "550 no such mailbox"
    refuse_data_to: str = ""
    plain: bool = False
    logins: list[str] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    silent: bool = False
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def mails(self, many: int = 1, seconds: float = 15) -> list[Taken]:
        """What was taken, once it is so many.  Fails when it does not come to that."""
        async with asyncio.timeout(seconds):
            while len(self.taken) < many:
                self.came.clear()
                await self.came.wait()
        assert len(self.taken) == many, [each.message["subject"] for each in self.taken]
        return self.taken


@asynccontextmanager
async def running_smtp(
    tls: ssl.SSLContext | None = None, *, implicit: bool = False
) -> AsyncIterator[Smtp]:
    """Listens until the end; with `tls`, offers STARTTLS, or speaks TLS from the first byte."""
    smtp = Smtp()
    conversations: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        conversations.add(task)
        smtp.called.set()
        try:
            await _Conversation(smtp, reader, writer, tls, secure=implicit).hold()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            conversations.discard(task)
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls if implicit else None)
    smtp.port = server.sockets[0].getsockname()[1]
    try:
        yield smtp
    finally:
        server.close()
        for task in conversations:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.gather(*conversations, return_exceptions=True), 5)


class _Conversation:
    def __init__(
        self,
        smtp: Smtp,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        tls: ssl.SSLContext | None,
        *,
        secure: bool,
    ) -> None:
        self._smtp, self._reader, self._writer = smtp, reader, writer
        self._tls, self._secure = tls, secure
        self._login = self._sender = self._recipient = ""

    async def hold(self) -> None:
        if self._smtp.silent:
            await self._reader.read()
            return
        await self._say("220 here")
        while line := await self._reader.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if verb.upper() == "QUIT":
                await self._say("221 bye")
                return
            await self._answer(verb.upper(), rest)

    async def _answer(self, verb: str, rest: str) -> None:
        if verb == "EHLO":
            offers = ["8BITMIME"] if self._smtp.plain else ["8BITMIME", "SMTPUTF8"]
            offers += ["STARTTLS"] if self._tls and not self._secure else ["AUTH PLAIN"]
            await self._say(*(f"250-{offer}" for offer in ("here", *offers)), "250 SIZE 100000")
        elif verb == "STARTTLS":
            await self._say("220 go on")
            await self._writer.start_tls(cast(ssl.SSLContext, self._tls))
            self._secure = True
        elif verb == "AUTH":
            self._login = base64.b64decode(rest.partition(" ")[2]).decode()
            self._smtp.logins.append(self._login)
            await self._say("235 welcome")
        elif verb == "MAIL":
            self._sender = _address(rest)
            await self._say("250 ok")
        elif verb == "RCPT":
            self._recipient = _address(rest)
            refused = self._recipient == self._smtp.refuse_whom
            await self._say(self._smtp.refuse_how if refused else self._smtp.refuse or "250 ok")
        elif verb == "DATA":
            await self._take()
        else:
            await self._say("250 ok" if verb in ("RSET", "NOOP") else "502 what?")

    async def _take(self) -> None:
        await self._say("354 go on")
        raw = (await self._reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        if self._recipient == self._smtp.refuse_data_to:
            await self._say("554 not this one")
            return
        taken = Taken(self._sender, self._recipient, raw, self._secure, self._login)
        self._smtp.taken.append(taken)
        await self._say("250 taken")
        self._smtp.came.set()

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]
