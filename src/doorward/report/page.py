"""The templates of HTML reports."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def templates_of(package: str) -> Environment:
    """The templates of `package`.  They extend `page.html`, which has the common look."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("doorward.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
