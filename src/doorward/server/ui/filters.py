"""How templates write addresses, moments and groups."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from .rows import LiveRow

_EAST_ASIAN = {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"}
"""Scripts that one word may mix, as Unicode names their letters."""

_PLAIN_LATIN = frozenset(
    "abcdefghijklmnopqrstuvwxyz\u00df\u00e6\u00f0\u00f8\u00fe\u0111\u0142\u0153"
)
"""Latin letters, without their accents, that differ from each other for every reader."""

_LIKE_LATIN = frozenset(
    "\u0430\u0433\u0435\u043e\u043f\u0440\u0441\u0443\u0445\u044a\u044c\u0455\u0456\u0458\u0461\u0475\u04bb"
    "\u04bd\u04cf\u0501\u051b\u051d"  # Cyrillic
    "\u03b1\u03b3\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u03c9"  # Greek
    "\u0561\u0563\u0566\u0570\u0575\u0578\u057c\u057d\u0581\u0584\u0585"  # Armenian
)
"""Letters of other scripts that look like Latin ones."""

_FORMS = {"brief": "%b %Y, %H:%M", "exact": "%b %Y, %H:%M:%S"}


def address(text: str) -> Markup:
    """An e-mail address for reading: from left to right, whatever its letters, and with a domain
    in its own script.  The stored form is in the title where it differs."""
    shown = readable(text)
    if shown == text:
        return Markup('<bdi dir="ltr">{}</bdi>').format(text)
    return Markup('<bdi dir="ltr" title="{}">{}</bdi>').format(text, shown)


def readable(text: str) -> str:
    """An address with each `xn--` label of its domain decoded; the text itself where one fails, or
    could be read as another domain."""
    local, at, domain = text.rpartition("@")
    if not at or "xn--" not in domain:
        return text
    try:
        return f"{local}@{'.'.join(_decoded(label) for label in domain.split('.'))}"
    except UnicodeError:
        return text


def _decoded(label: str) -> str:
    """The label in its own script, if that leads back to the label."""
    if not label.startswith("xn--"):
        return label
    shown = label[4:].encode("ascii").decode("punycode")
    if (
        shown.isascii()
        or not shown.isprintable()
        or shown.encode("punycode") != label[4:].encode("ascii")
        or _is_misleading(shown)
    ):
        raise UnicodeError
    return shown


def _is_misleading(label: str) -> bool:
    """Whether a label mixes scripts, or could be written to look like another in plain Latin."""
    letters = [each for each in unicodedata.normalize("NFD", label) if each.isalpha()]
    scripts = {unicodedata.name(each, "").partition(" ")[0] for each in letters}
    if scripts == {"LATIN"}:
        return not _PLAIN_LATIN.issuperset(letters)
    is_mixed = len(scripts) != 1 and not scripts <= _EAST_ASIAN
    return is_mixed or _LIKE_LATIN.issuperset(letters)


def brief(then: int) -> Markup:
    """`23 Nov 2026, 19:44 UTC` in a `<time>`, for a column of a table."""
    return _in_a_column(then, "brief")


def exact(then: int) -> Markup:
    """`23 Nov 2026, 19:44:05 UTC` in a `<time>`, for a column of a table."""
    return _in_a_column(then, "exact")


def _in_a_column(then: int, form: str) -> Markup:
    moment = datetime.fromtimestamp(then, UTC)
    return timed(then, f"{moment.day} {moment:{_FORMS[form]}} UTC", form)


def timed(then: int, text: str, form: str = "") -> Markup:
    """A `<time>` with the exact moment in its title.

    `form` is the name of the text's form, by which the script writes it in local time; without one
    the text is not about a clock and only the title is local.
    """
    moment = datetime.fromtimestamp(then, UTC)
    told = Markup('<time datetime="{}"{} title="{}">{}</time>')
    shape = Markup(' data-form="{}"').format(form) if form else ""
    title = f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"
    return told.format(f"{moment:%Y-%m-%dT%H:%M:%SZ}", shape, title, text)


def field_time(text: str) -> str:
    """The value of a field for a date and a time in UTC, from what the history's query may say."""
    try:
        if text.isascii() and text.isdigit():
            found = datetime.fromtimestamp(int(text), UTC)
        else:
            found = datetime.fromisoformat(text)
        at = found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{at:%Y-%m-%dT%H:%M:%S}" if at.second else f"{at:%Y-%m-%dT%H:%M}"


def grouped(rows: Sequence[LiveRow]) -> list[tuple[str, list[LiveRow]]]:
    """Sessions by their device, in the order in which each device comes first."""
    found: dict[str, list[LiveRow]] = {}
    for row in rows:
        found.setdefault(row.label, []).append(row)
    return list(found.items())
