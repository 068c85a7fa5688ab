"""An application that answers CORS from a list of its own, and whether it is ours."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import ConfigurationError


def check_agreement(app: object, trusted: Sequence[str]) -> None:
    """Raises `ConfigurationError` if the application has a `CORSMiddleware` of Starlette that
    allows other origins than the list: either the list is not meant, or the middleware."""
    for middleware in _cors_middlewares(app, set()):
        said = sorted(middleware.allow_origins)
        if middleware.allow_origin_regex is not None:
            said.append(middleware.allow_origin_regex.pattern)
        if set(said) != set(trusted):
            raise ConfigurationError(
                f"CORSMiddleware allows {_listed(said)}, and trusted_origins lists"
                f" {_listed(trusted)}: remove the CORSMiddleware, since answers to trusted_origins"
                " carry the headers of CORS without it; or give both the same origins"
            )


def _listed(origins: Sequence[str]) -> str:
    return ", ".join(origins) or "none"


def _cors_middlewares(app: object, seen: set[int]) -> Iterator[Any]:
    """Those of an application and of applications mounted in it, as far as they can be found."""
    module = sys.modules.get("starlette.middleware.cors")  # None: nothing can have added one
    while module is not None and app is not None and id(app) not in seen:
        seen.add(id(app))
        if isinstance(app, module.CORSMiddleware):
            yield app
        for each in getattr(app, "user_middleware", ()):
            if isinstance(each.cls, type) and issubclass(each.cls, module.CORSMiddleware):
                yield each.cls(None, *each.args, **each.kwargs)
        for route in getattr(app, "routes", ()):
            yield from _cors_middlewares(getattr(route, "app", None), seen)
        app = getattr(app, "app", None) or getattr(app, "_app", None)
