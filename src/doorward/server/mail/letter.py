"""Letters: how each is written.  Short, plain, and nothing in them that a stranger could have
worded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...types import Device
from ..accounts.mail_code import code_in
from ..ui.rendering import absolute
from ..ui.words import label


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that waits to be sent: its event and its recipient.  It holds no secret.

    `subject` is the owner of the account, or empty where anybody may have asked for the letter and
    nobody has looked yet whether there is an account; `email` is the address at that time, and
    `ending` the number of their password at that time; `other` is the other party's device, or how
    many are `left` of what was used.  `tries` is how often sending was tried.
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

    A paragraph may name `{when}`, `{where}`, `{other}`, `{login}`, `{forgot}`, `{origin}`,
    `{email}`, `{site}`, `{link}`, `{code}` and `{left}`, and the title `{site}`.  `end` says why
    the person gets it.  The name of the site stands before the title, unless the operator wrote it:
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
    "If it was not you, somebody else has your account. Log in, change your password, look at the"
    " page Security, and log out the devices that you do not recognise:\n{login}"
)


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


def _other(letter: Letter) -> str:
    device = Device(**letter.other) if letter.other and "left" not in letter.other else Device()
    return place(device.user_agent, device.address)
