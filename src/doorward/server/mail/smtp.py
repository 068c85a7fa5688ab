"""A letter as a message (RFC 5322), handed to the server that takes our mail."""

import asyncio
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    send,
)

from .letter import Letter, Text
from .relay import Relay

PATIENCE = 30
"""Seconds for the whole of it; less than until somebody else would take the letter out again."""


_NOBODY = frozenset({550, 551, 553})
"""Answers to RCPT that say so of the mailbox."""


class NotSent(Exception):
    """The letter was not taken, and likely no other will be.  The text is the reason, for the
    operator."""


class Unwanted(Exception):
    """The server does not take this letter, whatever it does with others; `for_good` if it says so
    of the recipient (5yz, RFC 5321 section 4.2.1).  The text is the reason, for the operator."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


def sender_of(site: str, address: str) -> Address:
    """Who writes our letters: the site, by its name.  Whatever the name holds stays within it."""
    local, _, domain = address.rpartition("@")
    return Address(site, local, domain)


def message(letter: Letter, text: Text, sender: Address, *, at: int) -> EmailMessage:
    """One letter has one `Message-ID`, so that who gets it twice sees it once."""
    plain = letter.email.isascii()
    made = EmailMessage(SMTP if plain else SMTPUTF8)
    made["From"] = sender
    # not parsed: an encoded word in it (RFC 2047) would become somebody else's address
    made["To"] = Address(addr_spec=letter.email) if plain else letter.email
    made["Subject"] = text.title
    made["Date"] = datetime.fromtimestamp(at, UTC)
    made["Message-ID"] = f"<{letter.id}@{sender.domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
    # as it is: a link that was cut or escaped for the way would not survive every program
    made.set_content(text.body, cte="7bit" if text.body.isascii() else "8bit")
    return made


async def post(made: EmailMessage, relay: Relay, password: str | None) -> None:
    """Hand it over, once.  Raises `NotSent` and `Unwanted`."""
    try:
        async with asyncio.timeout(PATIENCE):
            await send(
                made,
                hostname=relay.host,
                port=relay.port,
                username=relay.user,
                password=password,
                use_tls=relay.tls == "implicit",
                start_tls=relay.tls == "starttls",
                timeout=PATIENCE,
            )
    except SMTPRecipientsRefused as error:
        refused = error.recipients[0]  # there is but one
        for_good = _is_nobody(refused.code, refused.message)
        raise Unwanted(f"{refused.code} {refused.message}", for_good=for_good) from error
    except (SMTPDataError, SMTPNotSupported, MessageError, ValueError) as error:
        raise Unwanted(f"{type(error).__name__}: {error}") from error
    except (SMTPException, OSError) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error


def _is_nobody(code: int, message: str) -> bool:
    """Whether nobody has this address (RFC 5321, section 4.2.3).  What concerns the sender or the
    set-up, as `5.7.x` tells (RFC 3463), may be mended, and takes no letter with it."""
    return code in _NOBODY and not message.startswith("5.7.")
