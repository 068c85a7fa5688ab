"""The options that are settings of the library, by their names there."""

import re
from typing import Any

from .options import OPTIONS, Options


def library_settings(options: Options) -> dict[str, Any]:
    """What of the options are arguments of `Settings`."""
    return {
        "mode": options.mode,
        "accept": options.accept,
        "public_origin": options.origin,
        "trusted_origins": options.trusted_origin,
        "cookie_suffix": options.cookie_suffix,
        "access_ttl": options.access_ttl,
        "idle_ttl": options.idle_ttl,
        "absolute_ttl": options.absolute_ttl,
        "refresh_grace": options.refresh_grace,
        "touch_every": options.touch_every,
        "max_staleness": options.max_staleness,
        "max_sessions": options.max_sessions,
        "end_oldest": options.when_full == "end-oldest",
    }


def named(options: Options, sentence: str) -> str:
    """A sentence of the library, with the names by which the operator gave the settings.

    A name that is also a common word, such as `accept`, counts only at the beginning.
    """
    sentence = sentence.replace("trusted_origins", "trusted_origin")  # repeated, not a list
    given = options.from_environment
    called = {
        name: option.variable if name in given else f"--{option.name}"
        for name, option in OPTIONS.items()
    }
    names = "|".join(name for name in called if "_" in name)
    words = "|".join(name for name in called if "_" not in name)
    found = re.sub(rf"^(?:{words})\b|\b(?:{names})\b", lambda its: called[its[0]], sentence)
    told = {f"--{OPTIONS[name].name}": called[name] for name in given if name in OPTIONS}
    return re.sub(r"--[a-z][a-z-]*", lambda its: told.get(its[0], its[0]), found)
