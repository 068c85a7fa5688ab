"""The console's menu."""

from ...types import Principal
from ..accounts.users import ADMIN
from ..service import Service
from ..ui.page import Menu


def menu_of(service: Service) -> Menu:
    """The menu of every page of the console."""
    return Menu(outbox=service.options.mail == "outbox")


def menu_for(service: Service, principal: Principal) -> Menu | None:
    """The menu on a page that is not the console's alone: for those who may see the console."""
    return menu_of(service) if ADMIN in principal.roles else None
