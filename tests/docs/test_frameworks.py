"""The applications of the page about other frameworks work in both modes, each as it is printed."""

import logging
from collections.abc import Iterator
from http.cookies import SimpleCookie
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from django.conf import settings as of_django
from django.urls import clear_url_caches
from django.utils.functional import empty
from httpx2 import Response
from starlette.testclient import TestClient

from doorward import Reason, Rejected, StoreUnavailable
from doorward.types import Mode
from doorward.web.problem import problem
from doorward.web.transport import ACCESS, REFRESH, SESSION
from tests.docs.pages import DOCS, Block, blocks
from tests.docs.test_python_blocks import folder

__all__ = ["folder"]

ORIGIN = "https://testserver"
COOKIES = {"session": {SESSION}, "token": {ACCESS, REFRESH}}


def applications() -> Iterator[tuple[str, Block]]:
    """The whole applications of the page, by the last heading before them."""
    page = DOCS / "frameworks.md"
    lines = page.read_text().splitlines()
    for block in blocks(page):
        if "\napp = " in block.text or "async def app(" in block.text:
            before = [line for line in lines[: block.line] if line.startswith("## ")]
            yield before[-1].removeprefix("## "), block


APPLICATIONS = dict(applications())


def test_the_page_has_an_application_for_each_of_these() -> None:
    assert list(APPLICATIONS) == ["Starlette", "Quart", "Litestar", "Django"]


@pytest.fixture(params=get_args(Mode))
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=APPLICATIONS)
def served(request: pytest.FixtureRequest, mode: str, folder: Path) -> Iterator[ModuleType]:
    """The module of one application, written and imported as its reader would do it."""
    text = APPLICATIONS[request.param].text
    assert text.count('mode="session"') == 1
    (folder / "served.py").write_text(text.replace('mode="session"', f'mode="{mode}"'))
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield import_module("served")
    root.setLevel(level)  # Litestar configures the logging of its whole process
    root.handlers[:] = handlers
    of_django._wrapped = empty  # it is configured once in a process, and this one is many readers
    clear_url_caches()


@pytest.fixture
def client(served: ModuleType) -> Iterator[TestClient]:
    with TestClient(served.app, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client


def log_in(client: TestClient, mode: str) -> None:
    answer = client.post("/login")
    assert (answer.status_code, answer.content) == (204, b"")
    assert set_cookies(answer) == COOKIES[mode]
    assert answer.headers["cache-control"] == "no-store"


def set_cookies(answer: Response) -> set[str]:
    """The names of the cookies that are set, each with all that it must say."""
    lines = [SimpleCookie(line) for line in answer.headers.get_list("set-cookie")]
    morsels = [morsel for line in lines for morsel in line.values()]
    for morsel in morsels:
        assert (morsel["path"], morsel["samesite"], morsel["domain"]) == ("/", "Lax", "")
        assert (morsel["secure"], morsel["httponly"]) == (True, True)
        assert int(morsel["max-age"]) > 0
    return {morsel.key for morsel in morsels}


def assert_refused(answer: Response, error: Rejected | StoreUnavailable) -> None:
    """Whether the answer says just what the refusal says, each header once."""
    status, headers, body = problem(error)
    assert (answer.status_code, answer.content) == (status, body)
    for name, value in headers:
        assert answer.headers.get_list(name.decode()) == [value.decode()]


def test_a_login_holds_until_the_logout(client: TestClient, mode: str) -> None:
    assert_refused(client.get("/me"), Rejected(Reason.MISSING))
    log_in(client, mode)
    answer = client.get("/me")
    assert (answer.status_code, answer.json()) == (200, {"subject": "ada"})
    kept = dict(client.cookies)
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["clear-site-data"]) == (204, '"storage"')
    assert not client.cookies
    client.cookies.update(kept)
    assert client.get("/me").status_code == 401


@pytest.mark.parametrize("mode", ["token"])
def test_refusals_and_refreshed_cookies_reach_the_client(
    client: TestClient, served: ModuleType, mode: str
) -> None:
    foreign = {"Origin": "https://evil.example"}
    answer = client.post("/login", headers=foreign)
    assert (answer.status_code, answer.json()["reason"]) == (403, "cross_origin")
    log_in(client, mode)
    assert client.post("/logout", headers=foreign).status_code == 403
    del client.cookies[ACCESS]
    answer = client.get("/me")
    assert (answer.json(), set_cookies(answer)) == ({"subject": "ada"}, COOKIES[mode])

    async def unavailable() -> None:
        raise StoreUnavailable("no answer")

    vars(served)["principal"] = unavailable  # as the handlers of the page see it
    assert_refused(client.get("/me"), StoreUnavailable("no answer"))
