"""How the operator's site is called and looks: a name, a logo, and an accent colour."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .contrast import contrast, mixed

Scheme = Literal["light", "dark"]

GROUNDS: Mapping[Scheme, tuple[str, ...]] = {
    "light": ("#f4f7f5", "#ffffff", "#e9efec"),
    "dark": ("#0e1412", "#161e1b", "#1f2925"),
}
"""What an accent is read on: ground, surface and sunken of the style sheet."""

_TOWARDS: Mapping[Scheme, str] = {"light": "#000000", "dark": "#ffffff"}
_INKS = ("#ffffff", "#0e1412")
_READABLE = 4.5
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_MOST_LETTERS = 40
_MOST_BYTES = 256 * 1024
_LOGOS = {
    ".svg": ("image/svg+xml", b"<"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".webp": ("image/webp", b"RIFF"),
}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that stands where Doorward's would; `suffix` is that of its file."""

    body: bytes
    suffix: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Site:
    """What pages say and show of the site.  `accent` is a style sheet, or empty for our own; `at`
    is the path below which all our addresses lie, or empty; `templates` is a folder of the
    operator's own, or None; `provider`: other applications may get access to accounts."""

    name: str = "Doorward"
    logo: Logo | None = None
    accent: str = ""
    at: str = ""
    templates: Path | None = None
    provider: bool = False

    def path(self, ours: str) -> str:
        """An address of ours, such as `/login`, as a browser asks for it."""
        return self.at + ours


def site_name(text: str) -> str:
    """A name for the site.  Raises `ValueError` for none, for a long one, for what cannot be seen,
    and for `=?`: a header of a letter would decode what follows, line breaks included (RFC
    2047)."""
    name = text.strip()
    if not name or len(name) > _MOST_LETTERS or not name.isprintable() or "=?" in name:
        raise ValueError(
            f"the site's name has 1 to {_MOST_LETTERS} characters that can be seen, on one line and"
            " without =?"
        )
    return name


def read_logo(path: Path) -> Logo:
    """The logo in a file.  Raises `ValueError` for what is no small SVG, PNG or WebP."""
    kind = _LOGOS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"the logo {path} is none of {', '.join(_LOGOS)}")
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"the logo {path} cannot be read: {error.strerror}") from None
    if len(body) > _MOST_BYTES:
        raise ValueError(f"the logo {path} is larger than {_MOST_BYTES // 1024} KiB")
    if not body.lstrip().startswith(kind[1]):
        raise ValueError(f"the logo {path} is not a {path.suffix.lower()} file")
    return Logo(body, path.suffix.lower(), kind[0])


def accent_sheet(text: str) -> str:
    """The style sheet of an accent, from `#rrggbb` for light pages, or two of them, `light,dark`.

    A single colour is made lighter for dark pages until it can be read there.  Raises `ValueError`
    for what is no colour, and for a colour that cannot be read on the pages it is for.
    """
    light, *rest = (each.strip() for each in text.split(","))
    if len(rest) > 1 or not all(_COLOUR.match(each) for each in (light, *rest)):
        raise ValueError(f"an accent is a colour like #0b5e4d, or two, light,dark; not {text!r}")
    _check(light, "light")
    dark = rest[0] if rest else _lighter(light)
    _check(dark, "dark")
    dark_rules = f"@media screen and (prefers-color-scheme: dark) {{\n  {_rules(dark, 'dark')}}}\n"
    return _rules(light, "light") + dark_rules


def accent(text: str) -> str | None:
    """The text of an accent, once it is known that a style sheet can be made of it.  Raises
    `ValueError`."""
    accent_sheet(text)
    return text


def _check(accent: str, scheme: Scheme) -> None:
    least = _least(accent, scheme)
    if least < _READABLE:
        darker = "darker" if scheme == "light" else "lighter"
        raise ValueError(
            f"the accent {accent} cannot be read on {scheme} pages: its contrast is {least:.1f},"
            f" and text needs {_READABLE}; choose a {darker} colour"
        )


def _least(accent: str, scheme: Scheme) -> float:
    return min(contrast(accent, ground) for ground in GROUNDS[scheme])


def _lighter(accent: str) -> str:
    shares = (share / 20 for share in range(21))
    shades = (mixed(accent, _TOWARDS["dark"], share) for share in shares)
    return next(shade for shade in shades if _least(shade, "dark") >= _READABLE)


def _rules(accent: str, scheme: Scheme) -> str:
    strong = mixed(accent, _TOWARDS[scheme], 0.25)
    on = max(_INKS, key=lambda ink: min(contrast(ink, accent), contrast(ink, strong)))
    return f":root {{ --accent: {accent}; --accent-strong: {strong}; --on-accent: {on}; }}\n"
