"""Every Python block of the pages runs, in a folder that has the quickstart's `app.py`."""

import os
import subprocess
import sys
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.pages import GUIDE, ROOT, Block, blocks, name
from tests.support.nested import as_if_fresh, run_nested

KINDS = ("python", "js", "console", "bash", "json", "ini", "sh", "mermaid", "text")
OTHERS = ("DOORWARD_", "DATABASE", "PYTEST_ADDOPTS")
"""Variables that a reader has not set."""

APP = next(block for block in blocks(ROOT / "docs/quickstart.md") if block.more == "app.py")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where a page's blocks run: nothing of Doorward's is set, and the root key stays here."""
    (tmp_path / "app.py").write_text(APP.text)
    with as_if_fresh(tmp_path):
        for variable in [each for each in os.environ if each.startswith(OTHERS)]:
            del os.environ[variable]
        for variable in ("XDG_DATA_HOME", "HOME"):
            os.environ[variable] = str(tmp_path)
        sys.path.insert(0, str(tmp_path))
        yield tmp_path


@pytest.mark.engine
@pytest.mark.parametrize("page", GUIDE, ids=name)
def test_the_python_of_a_page_runs_from_top_to_bottom(
    page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    for block in blocks(page):
        if block.kind == "python":
            run(block, folder, module)


@pytest.mark.process
def test_the_tests_of_all_pages_pass_together_as_their_reader_runs_them(folder: Path) -> None:
    tests = written(folder)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, tests)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(folder.glob("*.db"))


def test_the_tests_of_all_pages_pass_together_in_the_other_order(folder: Path) -> None:
    tests = reversed(written(folder))
    pytest_there(folder, *tests)
    assert not list(folder.glob("*.db"))


def written(folder: Path) -> list[Path]:
    """The tests of all pages, written beside each other."""
    found = [block for page in GUIDE for block in blocks(page) if block.more.endswith(".py")]
    files = {folder / block.more: block.text for block in found if block.more != "in app.py"}
    for file, text in files.items():
        file.write_text(text)
    tests = sorted(file for file in files if file.name.startswith("test_"))
    assert len(tests) > 4
    return tests


def test_a_test_of_a_page_that_fails_is_seen(folder: Path) -> None:
    (folder / "conftest.py").write_text("import os; os.environ['DATABASE'] = 'memory:'")
    (folder / "test_wrong.py").write_text("import app\n\ndef test_it():\n    assert app.users")
    with pytest.raises(AssertionError, match="1 failed"):
        pytest_there(folder, folder / "test_wrong.py")
    assert not {"app", "conftest", "test_wrong"} & set(sys.modules)
    assert "DATABASE" not in os.environ


@pytest.mark.engine
def test_the_application_of_the_readme_needs_one_word_to_change_its_mode(folder: Path) -> None:
    found = blocks(ROOT / "docs" / "quickstart.md")
    tests = next(block for block in found if block.more == "test_app.py")
    assert APP.text.count('"session"') == 1
    (folder / "app.py").write_text(APP.text.replace('"session"', '"token"'))
    (folder / tests.more).write_text(tests.text)
    pytest_there(folder, folder / tests.more)


@pytest.mark.parametrize("page", GUIDE, ids=name)
def test_every_block_says_what_becomes_of_it(page: Path) -> None:
    for block in blocks(page):
        assert block.kind in KINDS, (
            f"{block}: begin the block with one of {KINDS}, not {block.kind!r}"
        )
        if block.more.startswith("no-run"):
            assert block.more.removeprefix("no-run:").strip(), f"{block}: why is it not run?"


def run(block: Block, folder: Path, module: ModuleType) -> None:
    if block.more == "served":
        return
    if block.more.startswith("no-run:"):
        compile(block.text, str(block), "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT)
        return
    if block.more == "in app.py":
        assert_is_part_of_app(block)
        return
    # the lines before it, empty, so that a traceback names the line of the page
    compiled = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
    if block.more:
        (folder / block.more).write_text(block.text)
    if block.more.startswith("test_"):
        pytest_there(folder, folder / block.more)
    elif block.more != "conftest.py":
        exec(compiled, module.__dict__)  # noqa: S102  # our own pages


def assert_is_part_of_app(block: Block) -> None:
    known = [line.strip() for line in APP.text.splitlines()]
    for line in block.text.splitlines():
        shown = line.removesuffix("...").strip()
        assert any(each.startswith(shown) for each in known), f"{block}: {line!r} is not in app.py"


def pytest_there(folder: Path, *files: Path) -> None:
    ran = run_nested(folder, "-q", *map(str, files))
    assert ran.outcomes.keys() == {"passed"}, ran.output
