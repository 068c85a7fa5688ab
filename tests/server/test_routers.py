"""Every router is served, and describes its refusals."""

import pkgutil
from importlib import import_module
from types import ModuleType

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from doorward.server import pages, routes
from doorward.server.app import ROUTERS

MODULES = [
    import_module(f"{package.__name__}.{module.name}")
    for package in (pages, routes)
    for module in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_a_router_is_served(module: ModuleType) -> None:
    router = getattr(module, "router", None)
    if isinstance(router, APIRouter):
        assert router in ROUTERS, f"add the router of {module.__name__} to ROUTERS in server/app.py"


@pytest.mark.parametrize(
    "route",
    [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
    ],
    ids=lambda route: f"{min(route.methods)} {route.path}",
)
def test_a_route_of_the_schema_describes_its_refusals(route: APIRoute) -> None:
    assert "default" in route.responses, "make its router with APIRouter(responses=PROBLEM)"
