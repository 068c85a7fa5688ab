"""The result as one HTML page that needs nothing beside it."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from .runner import Run

_ENVIRONMENT = Environment(
    loader=PackageLoader("doorward.attack", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)


def report(run: Run, title: str) -> str:
    """Everything, with the story, the requests and the answers; secrets are shortened."""
    return _ENVIRONMENT.get_template("report.html").render(run=run, title=title)
