"""The links for a first administrator that are not void."""

from sqlalchemy import Column, ColumnElement, Table, exists, select

from ..db.database import TABLES
from ..db.schema import TEXT

LINKS = Table("doorward_setup_links", TABLES, Column("id", TEXT, primary_key=True))
"""Emptied by whatever makes an administrator, in the same step."""


def is_good(link: str) -> ColumnElement[bool]:
    """Whether nobody was an administrator since the link with this id was made."""
    return exists(select(LINKS.c.id).where(LINKS.c.id == link))
