"""What a page shows: everything that its template asks for.

To show a page, construct its record and pass it to `rendering.render`; a field without a default is
required.  All text is escaped: hand over what people typed as it is.  A journey has the records of
its pages beside its templates.  Fields that mean the same everywhere:

- `return_to` is a path already checked by the caller, or empty.
- `notice` is one sentence of news about the visit, announced politely.
- `older` is the query of the address of the next page, or empty.
- times are integer seconds since 1970-01-01 UTC; `now` is the caller's clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The console's menu.  `outbox`: whether there is an outbox to be read; `applications`: whether
    other applications can be registered."""

    outbox: bool
    applications: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The record of a page.  `template` is a file of `ui/templates`, or the path of a file below
    the folder of the server."""

    template: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage(Page):
    """A page with a form of ours.

    `csrf_token` goes into every form, and with it `once`, by which a double click is known.
    `error` is one sentence about the form as a whole, announced at once; `field_errors` holds one
    sentence for each wrong field, by the field's name.
    """

    csrf_token: str
    error: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsolePage(Page):
    """A page of the console, which has its menu."""

    menu: Menu


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPage(FormPage):
    """An act of an administrator, asked about once.  `action` is the address of this page, `back`
    where it came from; `danger`: it takes something away from people; `roles` and `email`, unless
    None, are in a field to be changed."""

    template: ClassVar[str] = "act.html"
    menu: Menu
    heading: str
    sentence: str
    button: str
    action: str
    back: str
    danger: bool = False
    roles: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage(Page):
    """One plain sentence, good or bad.  `status` and `reason` are shown small where they help.

    `link` is where to go next and `link_text` what that is called; an empty link shows none.
    """

    template: ClassVar[str] = "message.html"
    heading: str
    sentence: str
    status: int = 200
    reason: str = ""
    link: str = "/"
    link_text: str = "Go to the front page"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesPage(Page):
    """New recovery codes, which are shown here and never again.  `back` is where to go next;
    `first`: they came with a factor that was just set up; `others`: whether the person is logged
    in elsewhere, too."""

    template: ClassVar[str] = "recovery_codes.html"
    csrf_token: str
    others: bool
    codes: tuple[str, ...]
    back: str
    first: bool = False
