"""Whose sessions a decision is about."""

from typing import Literal


def whose(sid: str | None, subject: str | None) -> tuple[Literal["sid", "subject"], str]:
    """The one that was named, and its name.  Raises `ValueError` for both, and for neither."""
    if sid is not None and subject is None:
        return "sid", sid
    if subject is not None and sid is None:
        return "subject", subject
    raise ValueError("change either one session or one subject")
