"""How the record of a page becomes HTML, and the files that pages load."""

import hashlib
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from secrets import token_urlsafe
from typing import ClassVar
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .page import Page

_HERE = Path(__file__).parent


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


def render(page: Page) -> str:
    """The page as HTML.  Raises `jinja2.UndefinedError` if a template asks for what it lacks."""
    context = {each.name: getattr(page, each.name) for each in fields(page)}
    return environment().get_template(page.template).render(context)


def static_path(name: str) -> str:
    """The address of a static file, such as `/static/doorward.0123456789ab.css`."""
    return f"/static/{_addresses()[name]}"


def static_file(address: str) -> StaticFile | None:
    """The file behind the last segment of a static address, or None: an older one is not kept."""
    return _static_files().get(address)


def ago(then: int, now: int) -> Markup:
    """`3 minutes ago` in a `<time>` that also carries the exact time; a date after thirty days."""
    return _time(then, _relative(then, now))


def date(then: int) -> Markup:
    """`23 November 2026, 19:44 UTC` in a `<time>`."""
    return _time(then, absolute(then))


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


def _time(then: int, text: str) -> Markup:
    machine = f"{datetime.fromtimestamp(then, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(machine, absolute(then), text)


@cache
def _addresses() -> dict[str, str]:
    return {path.name: _address(path) for path in (_HERE / "static").iterdir()}


def _address(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"{path.stem}.{digest}{path.suffix}"


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
        loader=FileSystemLoader([_HERE / "templates", _HERE.parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"static": static_path, "once": partial(token_urlsafe, 16)}
    made.filters |= {"ago": ago, "date": date, "prose": prose, "segment": segment}
    return made
