"""The fixture that every project has once Doorward is installed."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.nested import Ran, run_nested

APP = """
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI

from doorward.web.fastapi import Doorward, Principal


@pytest.fixture(params=["session", "token"])
def app(request, tmp_path):
    auth = Doorward("memory:", mode=request.param, root_key_file=tmp_path / "key")
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)

    @app.get("/me")
    async def me(principal: Annotated[Principal, Depends(auth.principal)]) -> Principal:
        return principal

    @app.delete("/posts", dependencies=[Depends(auth.requires(role="editor", fresh=60))])
    async def delete() -> int:
        return 1

    @app.post("/lock/{subject}")
    async def lock(subject: str) -> None:
        await (await auth.auth()).revoke(subject=subject)

    return app
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose tests know no more than that Doorward is installed."""
    (tmp_path / "conftest.py").write_text(APP)
    return tmp_path


def run(project: Path, body: str) -> Ran:
    (project / "test_it.py").write_text(dedent(body))
    return run_nested(project, "-W", "error")


def test_people_are_logged_in_side_by_side(project: Path) -> None:
    found = run(
        project,
        """
        def test_two(logged_in_as):
            ann = logged_in_as("ann", roles=["editor"])
            bob = logged_in_as("bob", via="bearer")
            assert ann.get("/me").json()["subject"] == "ann"
            assert bob.get("/me").json()["subject"] == "bob"
            assert ann.delete("/posts").status_code == 200
            assert bob.delete("/posts").status_code == 403


        def test_one_can_be_locked_out_by_the_other(logged_in_as):
            ann, bob = logged_in_as("ann"), logged_in_as("bob")
            ann.post("/lock/bob")
            assert bob.get("/me").status_code == 401
            assert ann.get("/me").status_code == 200


        def test_each_test_begins_with_nobody(logged_in_as):
            assert logged_in_as("ann").get("/me").json()["roles"] == []
        """,
    )
    assert found.outcomes == {"passed": 6}, found.output


def test_the_lifespan_runs_once_around_all_of_them(project: Path) -> None:
    found = run(
        project,
        """
        import pytest


        @pytest.fixture
        def seen(app):
            seen = []
            inner = app.router.lifespan_context

            def lifespan(app):
                seen.append("opened")
                return inner(app)

            app.router.lifespan_context = lifespan
            return seen


        def test_it(seen, app, logged_in_as):
            logged_in_as("ann"), logged_in_as("bob")
            assert seen == ["opened"]
            assert app.state.doorward.lifecycle.gate is not None
        """,
    )
    assert found.outcomes == {"passed": 2}, found.output


def test_without_an_app_it_says_what_is_missing(tmp_path: Path) -> None:
    found = run(tmp_path, "def test_it(logged_in_as): ...")
    assert found.outcomes == {"errors": 1}
    assert "fixture 'app' not found" in found.output
    assert "logged_in_as needs a fixture named app that returns your application" in found.output
    assert "@pytest.fixture" in found.output
    assert "available fixtures" not in found.output


def test_another_fixture_that_is_missing_is_pytests_own_business(tmp_path: Path) -> None:
    body = """
        import pytest

        @pytest.fixture
        def app(elsewhere): ...

        def test_it(logged_in_as): ...

        def test_without_us(app): ...
        """
    found = run(tmp_path, body)
    assert found.outcomes == {"errors": 2}
    assert "fixture 'elsewhere' not found" in found.output
    assert "logged_in_as needs" not in found.output


def test_an_app_that_is_no_application_of_ours_is_told_what_to_do(tmp_path: Path) -> None:
    body = """
        import pytest
        from fastapi import FastAPI

        @pytest.fixture
        def app():
            return FastAPI()

        def test_it(logged_in_as): ...
        """
    found = run(tmp_path, body)
    assert "Call auth.install(app) once" in found.output


@pytest.mark.process
def test_the_plugin_costs_a_project_that_has_no_web_framework_nothing(tmp_path: Path) -> None:
    body = """
        import sys


        def test_it():
            assert "doorward.testing.plugin" in sys.modules
            assert "starlette" not in sys.modules
        """
    (tmp_path / "test_it.py").write_text(dedent(body))
    command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
