"""A QR code as a picture within a page, which our policy allows where an address is forbidden."""

import segno
from markupsafe import Markup


def qr(text: str) -> Markup:
    """The QR code of a text: SVG without a size or style of its own, dark on light in every colour
    scheme, because many cameras read no other."""
    picture = segno.make(text, error="m", micro=False).svg_inline(
        omitsize=True, light="#fff", svgclass="qr", lineclass=None, border=4
    )
    return Markup(picture)  # noqa: S704 - it holds numbers that were drawn from the text, never the text
