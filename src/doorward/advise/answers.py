"""The eight answers about an application."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

Clients = Literal["browser", "mobile", "program", "all"]
Pages = Literal["same", "subdomain", "elsewhere"]
Stake = Literal["low", "personal", "money"]
Within = Literal["now", "second", "minute"]
Away = Literal["minutes", "workday", "weeks"]
Machines = Literal["one", "some", "many"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Each field answers the question of the same name; the defaults fit an ordinary web site."""

    clients: Clients = "browser"
    pages: Pages = "same"
    others_check: Literal["no", "yes"] = "no"
    stake: Stake = "personal"
    lock_within: Within = "second"
    away: Away = "weeks"
    roles: Literal["few", "many"] = "few"
    machines: Machines = "one"

    @property
    def in_browsers(self) -> bool:
        return self.clients in ("browser", "all")


def choices() -> Mapping[str, tuple[str, ...]]:
    """The words that each field accepts."""
    hints = get_type_hints(Answers)
    return {each.name: get_args(hints[each.name]) for each in fields(Answers)}
