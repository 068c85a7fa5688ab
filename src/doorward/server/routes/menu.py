"""The console's menu."""

from ...types import Principal
from ..accounts.user import ADMIN
from ..service import Service
from ..ui.page import Menu


def menu_of(service: Service) -> Menu:
    """The menu of every page of the console."""
    options = service.options
    return Menu(outbox=options.mail == "outbox", applications=options.provider)


def menu_for(service: Service, principal: Principal) -> Menu | None:
    """The menu on a page that is not the console's alone: for those who may see the console."""
    return menu_of(service) if may_see_console(principal) else None


def may_see_console(principal: Principal) -> bool:
    """Whether a page leads this person to the console."""
    return ADMIN in principal.roles
