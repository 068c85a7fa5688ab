"""`doorward.testing.attacks`: one test an attack, on an application of one's own."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.nested import Ran, run_nested

pytestmark = pytest.mark.process

APP = """
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


@pytest.mark.parametrize("mode", ["session", "token"])
def test_a_sound_application_passes_every_attack_that_fits_it(tmp_path: Path, mode: str) -> None:
    ran = attacked(tmp_path, mode, ENDS)
    assert ran.outcomes.keys() == {"passed", "skipped"}, ran.output
    assert ran.outcomes["passed"] > 3
    assert "The application has no /api/password." in ran.output


def test_a_logout_that_ends_nothing_fails_the_attacks_that_use_it(tmp_path: Path) -> None:
    ran = attacked(tmp_path, "session", FORGETS)
    assert ran.outcomes["failed"] == 2, ran.output  # nothing asks Doorward: forgeries pass, too
    assert "Replay after logout: it succeeded. session/cookie: The stolen" in ran.output
