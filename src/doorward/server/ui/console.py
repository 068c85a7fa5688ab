"""The pages of the console: what each one needs to know.  `rendering` makes HTML of them.

| record      | shown at                           | its forms post to, with csrf_token          |
|-------------|------------------------------------|---------------------------------------------|
| OnlinePage  | /admin                             |                                             |
| UsersPage   | /admin/users                       |                                             |
| UserPage    | /admin/users/{subject}             |                                             |
| HistoryPage | /admin/history                     |                                             |
| KeysPage    | /admin/keys                        |                                             |
| OutboxPage  | /admin/outbox                      |                                             |
| ActPage     | /admin/..., one address an act     | itself: and roles, where it asks for them   |
| LinkPage    | after the act that made a link     |                                             |
| SetupPage   | /setup                             | /setup: email password ticket               |

`older` is the query of the address of the next page, or empty; `outbox` is whether there is one,
for the menu; times are as in `rendering`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from markupsafe import Markup

from ...types import Mode
from .key_state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The console's menu, on a page that is not the console's alone."""

    outbox: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """One live session.  `who` is the address, or the subject of somebody who is no user here."""

    sid: str
    subject: str
    who: str
    label: str
    address: str
    mode: Mode
    created_at: int
    seen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HappenedRow:
    """One entry of the history in words.  `actor` and `subject` are who did it to whom, as they are
    called; `person` is the subject to look further by, or empty."""

    at: int
    what: str
    actor: str
    subject: str
    person: str
    address: str
    label: str
    outcome: str
    detail: str
    good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlinePage:
    """Who is logged in now."""

    template: ClassVar[str] = "online.html"
    outbox: bool
    now: int
    query: str
    rows: tuple[LiveRow, ...]
    live: bool
    older: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """One user in a list."""

    subject: str
    email: str
    roles: tuple[str, ...]
    locked: bool
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPage:
    """All users, or those a search finds."""

    template: ClassVar[str] = "users.html"
    outbox: bool
    query: str
    rows: tuple[UserRow, ...]
    older: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPage:
    """One user: state, roles, live sessions, the latest of the history, and what can be done."""

    template: ClassVar[str] = "user.html"
    outbox: bool
    now: int
    email: str
    subject: str
    roles: tuple[str, ...]
    locked_at: int | None
    has_password: bool
    created_at: int
    sessions: tuple[LiveRow, ...]
    happened: tuple[HappenedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """What happened, filtered.  `plot` is the drawing, empty when there is no time to draw; `query`
    is the filters as the query of an address."""

    template: ClassVar[str] = "history.html"
    outbox: bool
    now: int
    person: str
    kind: str
    kinds: tuple[tuple[str, str], ...]
    address: str
    since: str
    until: str
    query: str
    plot: Markup = field(default_factory=Markup)
    rows: tuple[HappenedRow, ...] = ()
    older: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One signing key."""

    kid: str
    algorithm: str
    state: State
    created_at: int
    signs_from: int | None
    withdrawn_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage:
    """Every signing key; none in session mode."""

    template: ClassVar[str] = "keys.html"
    outbox: bool
    now: int
    mode: Mode
    rows: tuple[KeyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """One mail that would have been sent."""

    email: str
    at: int
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPage:
    """The mails of the last day, where none are sent."""

    template: ClassVar[str] = "outbox.html"
    outbox: bool = True
    now: int
    rows: tuple[LetterRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPage:
    """An act, asked about once.  `action` is the address of this page, `back` where it came from;
    `danger`: it takes something away from people; `roles`, unless None, are in a field to be
    changed."""

    template: ClassVar[str] = "act.html"
    csrf_token: str
    heading: str
    sentence: str
    button: str
    action: str
    back: str
    danger: bool = False
    roles: str | None = None
    menu: Menu | None = None
    error: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    """A one-time link for somebody else; it is shown here and never again."""

    template: ClassVar[str] = "link.html"
    menu: Menu
    email: str
    link: str
    expires_at: int
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPage:
    """The first administrator.  `known` is the address of who is logged in, or empty: then an
    account is made."""

    template: ClassVar[str] = "setup.html"
    csrf_token: str
    ticket: str
    known: str
    password_min: int
    email: str = ""
    error: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


ConsolePage = (
    OnlinePage
    | UsersPage
    | UserPage
    | HistoryPage
    | KeysPage
    | OutboxPage
    | ActPage
    | LinkPage
    | SetupPage
)
