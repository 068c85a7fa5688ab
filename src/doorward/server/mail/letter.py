"""Letters: how each is written.  Short, plain, and nothing in them that a stranger could have
worded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...settings import DAY
from ...types import Device
from ..accounts.mail_code import code_in
from ..ui.rendering import absolute
from ..ui.words import label

DETAILS = ("left", "passkey", "application")
"""Details of an event that its letter tells: how many are left of what was used, and the name of a
passkey or of another application."""

_PLAIN, _DIGITS = 30, 4  # characters of a name that is repeated, and digits in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that waits to be sent: its event and its recipient.  It holds no secret.

    `subject` is the owner of the account, or empty where anybody may have asked for the letter and
    nobody has looked yet whether there is an account; `email` is the address at that time, and
    `ending` the number of their password at that time; `other` is the other party's device, the
    `DETAILS` of the event, or digests of the marks of the device that asked
    (`steps.asked_letter.may_go`).
    `tries` is how often sending was tried.
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
    """The text that a person reads.  `code` is the code in the body, if there is one."""

    title: str
    body: str
    code: str = ""


class Filled(NamedTuple):
    """A letter as it is sent, and the link in it, which is empty for a kind that carries none."""

    letter: Letter
    link: str = ""


OWNER = "You get this because the account {email} at {site} is yours:\n{origin}"
"""Why the owner of an account gets a letter."""

STRANGER = "You get this because somebody typed the address {email} at {site}:\n{origin}"
"""Why somebody who may have no account gets one."""


class Template(NamedTuple):
    """The words of a kind of letter.  A paragraph is one line: where it is broken is up to the
    screen it is read on.

    A paragraph may name `{when}`, `{where}`, `{other}`, `{login}`, `{forgot}`, `{security}`,
    `{delete}`, `{origin}`, `{email}`, `{site}`, `{link}`, `{code}`, `{left}`, `{passkey}`,
    `{application}`, `{applications}` and `{week}`, which is seven days after `{when}`, and the
    title `{site}`.  `end` says why the person gets it.  The name of the site stands before the
    title, unless the operator wrote it:
    `own`.
    """

    title: str
    paragraphs: tuple[str, ...]
    end: str = OWNER
    own: bool = False

    @property
    def holds_code(self) -> bool:
        """Whether its text shows the code that goes with the link."""
        return "{code}" in "".join(self.paragraphs)


IF_YOU = "If it was you, there is nothing to do."

NOT_YOU = (
    "If it was not you, somebody else is in your account. Choose a new password here, which logs"
    " out all devices:\n{forgot}"
)
"""A thief who is logged in can undo what the owner does there, so all are logged out first."""

LOOK_THROUGH = (
    "Then log in, and on this page remove the passkeys and the authenticator app that are not"
    " yours:\n{security}"
)

STUCK = (
    "If the login asks for an app or a passkey that you do not have, ask those who run {site} to"
    " delete your second factors."
)
"""Somebody else set up the only second factor: the owner cannot get past it."""


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of one server: `templates` by the kind of event that each tells of, the public
    `origin`, and what the `site` is called."""

    templates: Mapping[str, Template]
    origin: str
    site: str

    def write(self, letter: Letter, link: str = "") -> Text:
        """The letter in words; `link` is for a kind that carries one."""
        template = self.templates[letter.kind]
        code = code_in(link)
        body = "\n\n".join([*template.paragraphs, template.end]).format(
            email=letter.email,
            when=absolute(letter.at),
            where=place(letter.user_agent, letter.address),
            other=_other(letter),
            left=_left(letter),
            login=f"{self.origin}/login",
            forgot=f"{self.origin}/forgot",
            security=f"{self.origin}/account/security",
            delete=f"{self.origin}/account/data/delete",
            week=absolute(letter.at + 7 * DAY),
            passkey=_name(letter, "passkey"),
            application=_name(letter, "application"),
            applications=f"{self.origin}/account/applications",
            origin=self.origin,
            site=self.site,
            link=link,
            code=code,
        )
        title = template.title.format(site=self.site)
        if not template.own:
            title = f"[{self.site}] {title}"
        return Text(title, f"{body}\n", code if template.holds_code else "")


def place(agent: str, address: str) -> str:
    """Where somebody was, for a person to recognise.  What is no browser named itself, perhaps as
    an address that a mail program would make a link of: it stays unnamed."""
    device = label(agent) if agent.startswith("Mozilla/") else "a program" if agent else "a device"
    return f"{device}, at the address {address}" if address else device


def _left(letter: Letter) -> str:
    return str((letter.other or {}).get("left", ""))


def _name(letter: Letter, detail: str) -> str:
    """The name of a passkey or an application, if it is so plain that nobody can have made a
    message of it: a stranger may have chosen it, and mail programs make links of addresses and
    numbers."""
    name = str((letter.other or {}).get(detail, ""))
    plain = all(each.isalnum() or each in " -" for each in name)
    if not name or not plain or len(name) > _PLAIN or sum(map(str.isdigit, name)) > _DIGITS:
        return "its name is not repeated here"
    return name


def _other(letter: Letter) -> str:
    other = letter.other or {}
    device = Device(other.get("address", ""), other.get("user_agent", ""))
    return place(device.user_agent, device.address)
