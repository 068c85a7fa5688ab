"""The first administrator, made with a one-time link that the operator of the server sees."""

from ...audit.kinds import Kind
from ...journey import Journey
from . import pages
from .flow import TICKET

journey = Journey(
    routers=(pages.router,),
    events={"first_admin": Kind("Became the first administrator")},
    tickets=frozenset({TICKET}),
)
