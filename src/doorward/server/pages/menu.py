"""What stands in the console's menu beside what always does."""

from ..service import Service
from ..ui.console import Menu


def has_outbox(service: Service) -> bool:
    """Whether there is an outbox to be read."""
    return service.options.mail == "outbox"


def menu_of(service: Service) -> Menu:
    """The menu, for a page that is not the console's alone."""
    return Menu(outbox=has_outbox(service))
