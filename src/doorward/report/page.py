"""The templates of a report, and what all reports look like."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def templates_of(package: str) -> Environment:
    """The templates of `package`, which extend `page.html`: light and dark, without scripts."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("doorward.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
