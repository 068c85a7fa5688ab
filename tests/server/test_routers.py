"""Every router is served, and describes its refusals."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from doorward.server import admin, journeys
from doorward.server.app import DECLARED, JOURNEYS
from doorward.server.audit.kinds import Kind
from doorward.server.journey import Journey, together

FOLDERS = [
    import_module(f"{room.__name__}.{folder.name}")
    for room in (journeys, admin)
    for folder in pkgutil.iter_modules(room.__path__)
]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.__name__)
def test_a_journey_is_served_with_all_its_routers(folder: ModuleType) -> None:
    assert folder.journey in JOURNEYS, f"add {folder.__name__} to JOURNEYS in server/app.py"
    names = [each.name for each in pkgutil.iter_modules(folder.__path__)]
    for module in (import_module(f"{folder.__name__}.{name}") for name in names):
        router = getattr(module, "router", None)
        if isinstance(router, APIRouter):
            assert router in folder.journey.routers, (
                f"add {module.__name__}.router to `routers` in {folder.__file__}"
            )


@pytest.mark.parametrize("journey", JOURNEYS, ids=[each.__name__ for each in FOLDERS])
def test_a_letter_tells_of_an_event_and_a_link_is_in_a_letter(journey: Journey) -> None:
    server = Path(__file__).parents[2] / "src" / "doorward" / "server"
    text = "".join(file.read_text() for file in server.rglob("*.py"))
    # a letter that anybody may ask for, and one that is sent in its place, tell of no event
    asked = re.findall(r'(?:_letter\(service, |replace\(letter, kind=)"(\w+)"', text)
    assert set(journey.letters) <= set(DECLARED.events) | set(asked)
    assert set(journey.links) <= set(journey.letters)


@pytest.mark.parametrize(
    "declared",
    [
        {"events": {"twice": Kind("Twice")}},
        {"letters": {"twice": ("Twice", ())}},
        {"links": {"twice": None}},
        {"notices": {"twice": None}},
        {"tickets": frozenset({"twice"})},
    ],
    ids=lambda declared: next(iter(declared)),
)
def test_two_journeys_that_declare_one_name_do_not_start(declared: Any) -> None:
    with pytest.raises(ValueError, match=r"two journeys declare the \w+ twice"):
        together(Journey(**declared), Journey(**declared))


@pytest.mark.parametrize(
    "route",
    [
        route
        for router in DECLARED.routers
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    ],
    ids=lambda route: f"{min(route.methods)} {route.path}",
)
def test_a_route_of_the_schema_describes_its_refusals(route: APIRoute) -> None:
    assert "default" in route.responses, "make its router with APIRouter(responses=PROBLEM)"
