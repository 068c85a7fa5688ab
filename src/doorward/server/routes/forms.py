"""Reads the form of a page strictly."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request

from ...web.asgi import current_visit
from ..media_type import media_type
from ..refusals import Refusal, Refused

MAX_FIELDS = 16
URLENCODED = "application/x-www-form-urlencoded"


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of an urlencoded form that our own page sent.

    Raises `Refused` for what is malformed, a field given twice or any other encoding, and
    `Rejected(cross_origin)` for a form of another site, also of a trusted one: pages use cookies.
    """
    form = parsed(request.headers.getlist("content-type"), await request.body())
    visit = current_visit()
    await visit.check_origin(form.get("csrf_token"))
    await visit.check_keeps_cookies()
    return form


def parsed(content_types: list[str], body: bytes, most: int = MAX_FIELDS) -> dict[str, str]:
    """The fields of an urlencoded form, whoever sent it.  Raises `Refused`."""
    if not body:
        return {}
    sent = media_type(content_types)
    if sent is None or sent.name != URLENCODED or sent.charset != "utf-8":
        raise Refused(Refusal.UNSUPPORTED_MEDIA_TYPE, "This page accepts only its own form.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=most,
        )
    except ValueError:
        raise Refused(Refusal.INVALID_REQUEST, "The form cannot be read.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused(Refusal.INVALID_REQUEST, "The form names a field twice.")
    return form
