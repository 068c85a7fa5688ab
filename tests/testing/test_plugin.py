"""The fixture that every project has once Doorward is installed."""

import pytest

pytest_plugins = ["pytester"]

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
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project whose tests know no more than that Doorward is installed."""
    pytester.makeconftest(APP)
    return pytester


def run(project: pytest.Pytester, body: str) -> pytest.RunResult:
    project.makepyfile(body)
    return project.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")


def test_people_are_logged_in_side_by_side(project: pytest.Pytester) -> None:
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
    found.assert_outcomes(passed=6)


def test_the_lifespan_runs_once_around_all_of_them(project: pytest.Pytester) -> None:
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
            assert app.state.doorward.door.gate is not None
        """,
    )
    found.assert_outcomes(passed=2)


def test_without_an_app_it_says_what_is_missing(pytester: pytest.Pytester) -> None:
    found = run(pytester, "def test_it(logged_in_as): ...")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*fixture 'app' not found*"])


def test_the_plugin_costs_a_project_that_has_no_web_framework_nothing(
    pytester: pytest.Pytester,
) -> None:
    found = run(
        pytester,
        """
        import sys


        def test_it():
            assert "doorward.testing.plugin" in sys.modules
            assert "starlette" not in sys.modules
        """,
    )
    found.assert_outcomes(passed=1)
