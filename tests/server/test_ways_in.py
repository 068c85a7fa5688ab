"""Every login ends in one place, which asks for the second factor (ASVS 6.3.4)."""

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import doorward.server

SERVER = Path(doorward.server.__file__).parent

LOG_IN = {
    "journeys/first_admin/pages.py",
    "journeys/login/flow.py",
    "journeys/mail_login/flow.py",
    "journeys/passkeys/proving.py",
    "journeys/signup/pages.py",
}
"""The ways in.  A new one belongs into the table of docs/asvs.md, too."""

SECOND = {"journeys/passkeys/proving.py", "journeys/second_step/flow.py"}
"""What begins the session of a login that waited for its second factor."""

STEP, BEGIN = "steps/second_step.py", "steps/begin_session.py"


@cache
def parsed() -> dict[str, tuple[ast.AST, ...]]:
    """What stands in each file that can have anything to do with it."""
    texts = {str(path.relative_to(SERVER)): path.read_text() for path in SERVER.rglob("*.py")}
    words = re.compile(r"second_step|begin_session|\blogin\b\s*\(")
    return {
        name: tuple(ast.walk(ast.parse(text))) for name, text in texts.items() if words.search(text)
    }


def files(has: Callable[[ast.AST], bool]) -> set[str]:
    return {name for name, nodes in parsed().items() if any(map(has, nodes))}


def takes(word: str, module: str) -> set[str]:
    """The files that import this function, or the module with every function of it."""

    def has(node: ast.AST) -> bool:
        if not isinstance(node, ast.ImportFrom):
            return False
        names, of = {alias.name for alias in node.names}, node.module or ""
        return (word in names and of.endswith(module)) or (module in names and of.endswith("steps"))

    return files(has)


def calls_login(node: ast.AST) -> bool:
    """Whether this is a call of the `login` of an attempt or of the library."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "login"
    )


def test_no_login_goes_past_the_step_that_asks_for_a_second_factor() -> None:
    assert takes("log_in", "second_step") == LOG_IN
    assert takes("begin_proved", "second_step") == SECOND
    assert takes("begin_session", "begin_session") == {STEP}
    assert files(calls_login) == {BEGIN}
