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

from .filters import address, brief, exact, field_time, grouped, timed
from .page import Page
from .site import Site

_HERE = Path(__file__).parent
_OURS = Site()

OURS = (_HERE / "templates", _HERE.parent)
"""The folders of our templates."""


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
    template = environment(site.at, site.templates).get_template(page.template)
    return template.render(context, site=_shown(site))


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


def _shown(site: Site) -> dict[str, str | bool]:
    """A site as templates need it: its name, two addresses, and what is on."""
    own = {name.partition(".")[0]: site.path(f"/static/{name}") for name in site_files(site)}
    ours = {"logo": site.path(static_path("doorward.svg")), "accent": ""}
    return {"name": site.name, "provider": site.provider, **ours, **own}


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
def environment(at: str = "", folder: Path | None = None) -> Environment:
    """Where templates are read: everything is escaped, and a missing name is an error.  `at` is the
    path before each address of ours; what `folder` has wins over what we have."""
    made = Environment(
        loader=FileSystemLoader([*([folder] if folder else []), *OURS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"at": at, "static": lambda name: at + static_path(name)}
    made.globals["once"] = partial(token_urlsafe, 16)
    made.filters |= {"ago": ago, "date": date, "brief": brief, "exact": exact}
    made.filters |= {"address": address, "field_time": field_time, "grouped": grouped}
    made.filters |= {"prose": prose, "segment": segment}
    return made
