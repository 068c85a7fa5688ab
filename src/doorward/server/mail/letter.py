"""Letters: what each says.  Short, plain, and nothing in them that a stranger could have worded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...types import Device
from ..ui.rendering import absolute
from ..ui.words import label

NOTICES = ("reused", "new_device", "password_changed", "password_reset")
"""The kinds of entries of which the person is told."""

LINK = "reset_link_sent"
"""The kind of the entry that asks for a letter with a reset link."""

KINDS = (*NOTICES, LINK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that waits to be sent: its event and its recipient.  It holds no secret.

    `subject` is the owner of the account, `email` their address at that time, and `ending` the
    number of their password at that time; `other` is the other party's device.  `tries` is how
    often sending was tried.
    """

    id: str
    kind: str
    subject: str
    email: str
    at: int
    ending: int = 0
    address: str = ""
    user_agent: str = ""
    other: Mapping[str, Any] | None = None
    tries: int = 0
    sent_at: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """The text that a person reads."""

    title: str
    body: str


def write(letter: Letter, origin: str, link: str = "") -> Text:
    """The letter in words; `link` is for the kind that carries one."""
    title, *paragraphs = _WORDS[letter.kind]
    end = "You get this because the account {email} is yours:\n{origin}"
    body = "\n\n".join([*paragraphs, end]).format(
        email=letter.email,
        when=absolute(letter.at),
        where=place(letter.user_agent, letter.address),
        other=_other(letter),
        login=f"{origin}/login",
        origin=origin,
        link=link,
    )
    return Text(title, f"{body}\n")


def place(agent: str, address: str) -> str:
    """Where somebody was, for a person to recognise.  What is no browser named itself, perhaps as
    an address that a mail program would make a link of: it stays unnamed."""
    device = label(agent) if agent.startswith("Mozilla/") else "a program" if agent else "a device"
    return f"{device}, at the address {address}" if address else device


def _other(letter: Letter) -> str:
    device = Device(**letter.other) if letter.other else Device()
    return place(device.user_agent, device.address)


_IF_YOU = "If it was you, there is nothing to do."

_WORDS = {
    "reused": (
        "Your login was used in two places and was ended",
        (
            "A login of your account was used by two parties, as after a theft. It was ended, so"
            " that neither can go on with it."
        ),
        "When: {when}\nBegun on: {other}\nLast tried on: {where}",
        (
            "Log in again, look at the places where you are logged in, end those you do not know,"
            " and change your password:\n{login}"
        ),
    ),
    "new_device": (
        "A login on a device not seen before",
        "Somebody logged in to your account with your password.",
        "When: {when}\nOn: {where}",
        f"{_IF_YOU} After a change of the password every device is new once.",
        (
            "If it was not you, log in, change your password at once, and end the places you do not"
            " know:\n{login}"
        ),
    ),
    "password_changed": (
        "Your password was changed",
        "The password of your account was changed, and all other places were logged out.",
        "When: {when}\nOn: {where}",
        _IF_YOU,
        (
            "If it was not you, somebody else has your account now. Ask those who run the server to"
            " lock it, and to send you a link to choose a new password."
        ),
    ),
    "password_reset": (
        "Your password was changed by a reset link",
        (
            "A new password was chosen for your account with a one-time link, and all places were"
            " logged out."
        ),
        "When: {when}\nOn: {where}",
        _IF_YOU,
        (
            "If it was not you, somebody else has your account now, and may read your mail. Change"
            " the password of your mail first. Then ask those who run the server to lock your"
            " account, and to send you another link."
        ),
    ),
    LINK: (
        "Choose a new password",
        (
            "An administrator sends you a link with which you choose a new password. It works once,"
            " and for an hour:\n{link}"
        ),
        (
            "If you did not ask for it, leave it alone: your password stays as it is. Nobody who"
            " runs the server needs the link, or your password."
        ),
    ),
}
"""The title of each kind, and its paragraphs.  A paragraph is one line: where it is broken is up to
the screen it is read on."""
