"""The variables of the environment that are meant for Doorward, and slips in their names."""

from collections.abc import Mapping
from difflib import get_close_matches

from ..keys.root import VARIABLE
from ..server.options import OPTIONS
from ..server.platform import is_platforms
from .output import plain

PREFIX = "DOORWARD_"

KNOWN = (*(option.variable for option in OPTIONS.values()), VARIABLE)


def unknown(environ: Mapping[str, str]) -> list[str]:
    """A sentence about each variable that is named like ours and is none."""
    return [
        f"{plain(name)} is no variable of Doorward and changes nothing{_meant(name)}"
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in KNOWN and not is_platforms(name, environ[name])
    ]


def _meant(name: str) -> str:
    # without the common prefix, which would make all names similar
    rests = [known.removeprefix(PREFIX) for known in KNOWN]
    near = get_close_matches(name.removeprefix(PREFIX), rests, n=1)
    return f"; is {PREFIX}{near[0]} meant?" if near else "."
