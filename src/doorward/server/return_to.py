"""Where to go after logging in: a path of this server, whatever the address says."""

import re
from urllib.parse import urlencode

# Fewer characters than a path may have: what two parsers could read in two ways (// and \\, @ and
# :, encoded or not, control characters, dots that climb) goes to the default page.
_PATH = re.compile(
    r"/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)?"
    r"(?:\?(?:[A-Za-z0-9._~=&+-]|%[2-7][0-9A-Fa-f])*)?"
)
_LONGEST = 1000


def local_path(text: str) -> str:
    """`text` if it is beyond doubt a path of this server, else empty."""
    return text if len(text) <= _LONGEST and _PATH.fullmatch(text) else ""


def with_return(page: str, path: str) -> str:
    """The address of a page that will send people on to `path`."""
    return f"{page}?{urlencode({'return_to': path})}" if path else page
