"""The server's pages: what each one needs to know, and how it becomes HTML.

To show a page, construct its record below and pass it to `render`; a field without a default is
required.  All text is escaped: hand over what people typed as it is.

| record       | shown at               | its forms post to                                      |
|--------------|------------------------|--------------------------------------------------------|
| IndexPage    | /                      |                                                        |
| SignupPage   | /signup                | /signup: email password csrf_token return_to           |
| LoginPage    | /login                 | /login: email password csrf_token return_to            |
| AccountPage  | /account               | /account/sessions/{sid}/end: csrf_token                |
|              |                        | /account/sessions/end-others: csrf_token               |
|              |                        | /account/password: current new csrf_token              |
|              |                        | /logout: csrf_token                                    |
| OwnHistoryPage | /account/history   |                                                        |
| ElevatePage  | /elevate               | /elevate: password csrf_token return_to                |
| ResetPage    | /reset                 | /reset: new ticket csrf_token                          |
| MessagePage  | any, with any status   |                                                        |
| DocsPage     | /docs                  |                                                        |
| ...          | /admin..., /setup      | those of the console: see `console`                    |

Fields that mean the same everywhere:

- `csrf_token` goes into every form, and with it `once`, by which a double click is known.
- `return_to` is a path already checked by the caller, or empty.
- `notice` is one sentence of news about the visit, announced politely.
- `error` is one sentence about the form as a whole, announced at once.
- `field_errors` holds one sentence for each wrong field, by the field's name.
- times are integer seconds since 1970-01-01 UTC; `now` is the caller's clock.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from secrets import token_urlsafe
from typing import ClassVar, Literal
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ...types import Mode
from .api_docs import ApiDocs
from .console import ConsolePage, HappenedRow, Menu
from .filters import address, brief, exact, field_time, grouped, timed
from .site import Site

_HERE = Path(__file__).parent
_OURS = Site()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """The index page.  `signup_open`: whether strangers may make an account."""

    template: ClassVar[str] = "index.html"
    signed_in: bool
    signup_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupPage:
    """Make an account.  `password_min`: the fewest characters a password may have."""

    template: ClassVar[str] = "signup.html"
    csrf_token: str
    return_to: str
    password_min: int
    email: str = ""
    notice: str = ""
    error: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """Prove who you are.  `notice` says, for instance, that a cookie did not come back; `tone` is
    `done` where it tells of a success."""

    template: ClassVar[str] = "login.html"
    csrf_token: str
    return_to: str
    signup_open: bool
    email: str = ""
    notice: str = ""
    tone: Literal["news", "done"] = "news"
    error: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One place where the person is logged in; `current` marks the one that asks."""

    sid: str
    label: str
    address: str
    created_at: int
    seen_at: int
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """Who I am and where I am logged in.  `error` and `field_errors` are the password form's.

    `amr` holds the factors proved at this login (RFC 8176); `sessions`, and `happened`, the latest
    of the person's own history, are shown in their order.
    """

    template: ClassVar[str] = "account.html"
    csrf_token: str
    now: int
    email: str
    subject: str
    roles: tuple[str, ...]
    mode: Mode
    amr: tuple[str, ...]
    authenticated_at: int
    sessions: tuple[SessionRow, ...]
    happened: tuple[HappenedRow, ...]
    password_min: int
    notice: str = ""
    error: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHistoryPage:
    """All that happened to the person who asks, page by page.  `older` is the query of the next
    page's address, or empty; `menu` is for administrators."""

    template: ClassVar[str] = "own_history.html"
    now: int
    rows: tuple[HappenedRow, ...]
    older: str = ""
    menu: Menu | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ElevatePage:
    """Confirm your password before something that matters.  `menu` is for administrators."""

    template: ClassVar[str] = "elevate.html"
    csrf_token: str
    return_to: str
    email: str
    menu: Menu | None = None
    notice: str = ""
    error: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPage:
    """Choose a new password.  `ticket` is the secret of the one-time link, kept in the form."""

    template: ClassVar[str] = "reset.html"
    csrf_token: str
    ticket: str
    password_min: int
    error: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """One plain sentence, good or bad.  `status` and `reason` are shown small where they help.

    `link` is where to go next and `link_text` what that is called; an empty link shows none.
    `menu` is the console's, where it came from there.
    """

    template: ClassVar[str] = "message.html"
    heading: str
    sentence: str
    status: int = 200
    reason: str = ""
    link: str = "/"
    link_text: str = "Go to the front page"
    menu: Menu | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsPage:
    """The API documentation, as `read_openapi` reads it."""

    template: ClassVar[str] = "docs.html"
    api: ApiDocs


Page = (
    IndexPage
    | SignupPage
    | LoginPage
    | AccountPage
    | OwnHistoryPage
    | ElevatePage
    | ResetPage
    | MessagePage
    | DocsPage
    | ConsolePage
)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file to send as it is.  Its address holds its hash, so it may be kept for ever."""

    body: bytes
    media_type: str
    cache_control: ClassVar[str] = "public, max-age=31536000, immutable"


_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def render(page: Page, site: Site = _OURS) -> str:
    """The page as HTML.  Raises `jinja2.UndefinedError` if a template asks for what it lacks."""
    context = {each.name: getattr(page, each.name) for each in fields(page)}
    return environment().get_template(page.template).render(context, site=_shown(site))


def site_files(site: Site) -> dict[str, StaticFile]:
    """The static files of a site, by the last segment of their addresses."""
    files = {}
    if site.logo is not None:
        logo = StaticFile(site.logo.body, site.logo.media_type)
        files[_address(f"logo{site.logo.suffix}", logo.body)] = logo
    if site.accent:
        sheet = StaticFile(site.accent.encode(), _MEDIA_TYPES[".css"])
        files[_address("accent.css", sheet.body)] = sheet
    return files


def _shown(site: Site) -> dict[str, str]:
    """A site as `base.html` needs it: its name and two addresses."""
    own = {name.partition(".")[0]: f"/static/{name}" for name in site_files(site)}
    ours = {"logo": static_path("doorward.svg"), "accent": ""}
    return {"name": site.name, **ours, **own}


def static_path(name: str) -> str:
    """The address of a static file, such as `/static/doorward.0123456789ab.css`."""
    return f"/static/{_addresses()[name]}"


def static_file(address: str) -> StaticFile | None:
    """The file behind the last segment of a static address, or None: an older one is not kept."""
    return _static_files().get(address)


def ago(then: int, now: int) -> Markup:
    """`3 minutes ago` in a `<time>` that also carries the exact time; a date after thirty days."""
    text = _relative(then, now)
    return timed(then, text, "date" if text == absolute(then) else "")


def date(then: int) -> Markup:
    """`23 November 2026, 19:44 UTC` in a `<time>`."""
    return timed(then, absolute(then), "date")


def prose(text: str) -> Markup:
    """Paragraphs from text with blank lines between them; words in backticks become code."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    html = [re.sub(r"`+([^`]+)`+", r"<code>\1</code>", str(escape(each))) for each in paragraphs]
    return Markup("".join(f"<p>{each}</p>" for each in html if each))  # noqa: S704 - escaped above


def segment(text: str) -> str:
    """Text as exactly one segment of a path: no slash, query or fragment gets out of it."""
    return quote(text, safe="")


def _relative(then: int, now: int) -> str:
    seconds = now - then
    # A device or a second server may run ahead of this clock: that is no news for a reader.
    if seconds < 60:
        return "just now"
    for unit, size, most in (("minute", 60, 60), ("hour", 3600, 24), ("day", 86400, 30)):
        count = seconds // size
        if count < most:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return absolute(then)


def absolute(then: int) -> str:
    """`23 November 2026, 19:44 UTC`."""
    moment = datetime.fromtimestamp(then, UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


@cache
def _addresses() -> dict[str, str]:
    files = (_HERE / "static").iterdir()
    return {path.name: _address(path.name, path.read_bytes()) for path in files}


def _address(name: str, body: bytes) -> str:
    stem, suffix = name.rsplit(".", 1)
    return f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{suffix}"


@cache
def _static_files() -> dict[str, StaticFile]:
    return {
        address: StaticFile((_HERE / "static" / name).read_bytes(), _MEDIA_TYPES[Path(name).suffix])
        for name, address in _addresses().items()
    }


@cache
def environment() -> Environment:
    """Where templates are read: everything is escaped, and a missing name is an error."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"static": static_path, "once": partial(token_urlsafe, 16)}
    made.filters |= {"ago": ago, "date": date, "brief": brief, "exact": exact}
    made.filters |= {"address": address, "field_time": field_time, "grouped": grouped}
    made.filters |= {"prose": prose, "segment": segment}
    return made
