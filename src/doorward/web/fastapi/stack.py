"""The layers of an application, outside of those that `add_middleware` reaches."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.types import ASGIApp

Layer = Callable[[ASGIApp], ASGIApp]


def put_outermost(app: Starlette, layer: Layer, prepare: Callable[[], None] = lambda: None) -> None:
    """Put a layer around the whole application, including the handler that answers a crash with
    500.  `prepare` is called when the application starts, before the layers within are built."""
    build = app.build_middleware_stack

    def built() -> ASGIApp:
        prepare()
        return layer(build())

    app.build_middleware_stack = built  # type: ignore[method-assign]  # no public hook
