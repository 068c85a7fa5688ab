"""`doorward.testing.attacks`: one test an attack, on an application of one's own."""

from pathlib import Path
from textwrap import dedent

import pytest

from doorward.testing import attacks
from tests.docs.pages import ROOT, blocks
from tests.support.nested import Ran, run_nested

pytestmark = pytest.mark.process

APP = """
import re
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from doorward.passwords import CHEAP, Passwords
from doorward.web.fastapi import Doorward, Principal

passwords = Passwords(CHEAP)
auth = Doorward("memory:", mode=MODE, root_key_file="key")
app = FastAPI(lifespan=auth.lifespan)
auth.install(app)
users = {}


class Form(BaseModel):
    email: str
    password: str


@app.post("/join")
async def join(form: Form) -> None:
    plain = re.fullmatch(r"[a-z0-9.-]+@[a-z0-9-]+([.][a-z]+)+", form.email)
    if plain is None or form.email in users:
        raise HTTPException(409)
    users[form.email] = await passwords.hash(form.password)


@app.post("/enter", status_code=204)
async def enter(form: Form, response: Response) -> None:
    attempt = await auth.attempt(form.email)
    if not await passwords.verify(form.password, users.get(form.email)):
        raise HTTPException(401)
    await attempt.login(response, subject=form.email)


@app.post("/leave", status_code=204)
async def leave(request: Request, response: Response) -> None:
    LEAVE


@app.get("/who")
async def who(principal: Annotated[Principal, Depends(auth.principal)]) -> Principal:
    return principal
"""
ENDS, FORGETS = "await auth.logout(request, response)", 'response.delete_cookie("session")'

TESTS = """
from app import app
from doorward.testing import attacks

test_it = attacks(app, signup="/join", login="/enter", me="/who", logout="/leave")
"""


def attacked(folder: Path, mode: str, leave: str) -> Ran:
    (folder / "app.py").write_text(APP.replace("MODE", repr(mode)).replace("LEAVE", leave))
    (folder / "test_it.py").write_text(dedent(TESTS))
    return run_nested(folder, "-W", "error", "-rs")


MIDDLEWARE = """
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from doorward import Rejected, Settings
from doorward.testing import attacks
from doorward.web.asgi import Middleware, current_visit, principal
from doorward.web.lifecycle import Lifecycle
from doorward.web.login import begin_login
from doorward.web.problem import problem

lifecycle = Lifecycle("memory:", Settings(mode="token"), root_key_file="key")
PEOPLE = [("ada", "one"), ("bob", "two")]


async def me(request):
    return JSONResponse({"subject": (await principal()).subject})


async def login(request):
    if request.headers.get("content-type") != "application/json":
        return Response(status_code=415)
    found = await request.json()
    attempt = await begin_login(current_visit())
    if (found["email"], found["password"]) not in PEOPLE:
        return Response(status_code=401)
    _, headers = await attempt.login(found["email"])
    response = Response(status_code=204)
    response.raw_headers += headers
    return response


async def refuse(request, error):
    status, headers, body = problem(error)
    response = Response(body, status)
    response.raw_headers = headers
    return response


@asynccontextmanager
async def lifespan(app):
    async with lifecycle.running():
        yield

handlers = {Rejected: REFUSE}
routes = [Route("/me", me), Route("/login", login, methods=["POST"])]
starlette = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
app = Middleware(starlette, lifecycle)
test_it = attacks(app, login="/login", me="/me", people=PEOPLE)
"""


def test_behind_the_middleware_without_sign_up_those_who_have_accounts_log_in(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_it.py").write_text(MIDDLEWARE.replace("REFUSE", "refuse"))
    ran = run_nested(tmp_path, "-W", "error", "-rs")
    assert ran.outcomes.keys() == {"passed", "skipped"}, ran.output
    assert ran.outcomes["passed"] > 3
    assert "The application has no /api/signup." in ran.output


@pytest.mark.parametrize("mode", ["session", "token"])
def test_a_sound_application_passes_every_attack_that_fits_it(tmp_path: Path, mode: str) -> None:
    ran = attacked(tmp_path, mode, ENDS)
    assert ran.outcomes.keys() == {"passed", "skipped"}, ran.output
    assert ran.outcomes["passed"] > 3
    assert "The application has no /api/password." in ran.output


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["session", "token"])
def test_the_application_of_the_readme_withstands_every_attack(tmp_path: Path, mode: str) -> None:
    [app] = [block for block in blocks(ROOT / "README.md") if block.more == "app.py"]
    where = {"sqlite:///app.db": "memory:", 'mode="session"': f'mode="{mode}", root_key_file="key"'}
    text = app.text
    for shown, here in where.items():
        assert shown in text
        text = text.replace(shown, here)
    (tmp_path / "app.py").write_text(text)
    routes = TESTS.replace("/join", "/signup").replace("/enter", "/login")
    routes = routes.replace("/who", "/me").replace("/leave", "/logout")
    (tmp_path / "test_it.py").write_text(dedent(routes))
    ran = run_nested(tmp_path, "-rs")
    assert ran.outcomes.keys() == {"passed", "skipped"}, ran.output
    assert ran.outcomes["passed"] > 15


def test_without_accounts_there_is_nobody_to_attack() -> None:
    with pytest.raises(ValueError, match="name signup=, or two people="):
        attacks(None, login="/login", me="/me", people=[("ada@example.org", "one")])


def test_a_path_that_the_application_lacks_is_named(tmp_path: Path) -> None:
    text = APP.replace("MODE", '"session"').replace("LEAVE", ENDS)
    (tmp_path / "app.py").write_text(text)
    wrong = TESTS.replace('"/join"', '"/jion", only="fixation"')
    (tmp_path / "test_it.py").write_text(dedent(wrong))
    ran = run_nested(tmp_path, "-W", "error")
    assert ran.outcomes == {"failed": 1}, ran.output
    assert "sign-up answered 404" in ran.output
    assert "signup='/jion'" in ran.output
    assert "Traceback" not in ran.output


def test_a_logout_that_ends_nothing_fails_the_attacks_that_use_it(tmp_path: Path) -> None:
    ran = attacked(tmp_path, "session", FORGETS)
    assert ran.outcomes["failed"] == 2, ran.output  # nothing asks Doorward: forgeries pass, too
    assert "Replay after logout: it succeeded. session/cookie: The stolen" in ran.output
