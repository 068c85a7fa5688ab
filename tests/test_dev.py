"""`./dev` where it cannot have what it needs, and in folders with odd names."""

import os
import re
import resource
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[1]
ODD = "a $HOME `b` \"c\" 'd'"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `./dev` reads of a checkout, under a name that a shell would read otherwise."""
    folder = tmp_path / ODD
    folder.mkdir()
    for path in (ROOT / "dev", ROOT / "pyproject.toml", *ROOT.glob("requirements*.lock")):
        shutil.copy(path, folder)
    return folder


def dev(
    checkout: Path,
    *words: str,
    path: str = os.defpath,
    cwd: Path | None = None,
    first: Callable[[], None] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Runs the checkout's `dev`; nothing of the machine stands on its PATH."""
    return subprocess.run(
        [sys.executable, str(checkout / "dev"), *words],
        env={"HOME": str(checkout), "PATH": path, "PLAYWRIGHT_BROWSERS_PATH": "/dev/null"},
        cwd=cwd or checkout,
        preexec_fn=first,
        capture_output=True,
        text=True,
        check=False,
    )


def furnish(checkout: Path, purpose: str) -> None:
    """An environment as `./dev` leaves it, its packages borrowed."""
    environment = checkout / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    site = next(environment.glob("lib/python*/site-packages"))
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join([str(ROOT / "src"), *borrowed]))
    loader = SourceFileLoader("dev_of_a_copy", str(checkout / "dev"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    (environment / f"doorward-{purpose}.stamp").write_text(module.stamp(purpose))


def one_sentence(done: "subprocess.CompletedProcess[str]") -> str:
    lines = [line for line in done.stderr.splitlines() if not line.endswith((".venv", "(once)"))]
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_it_serves_from_a_folder_whose_name_a_shell_would_read_otherwise(checkout: Path) -> None:
    furnish(checkout, "run")
    done = dev(checkout, "run", "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: doorward serve")


def full() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_an_environment_that_cannot_be_written_is_one_sentence(checkout: Path) -> None:
    said = one_sentence(dev(checkout, "check", first=full))
    assert said.startswith(f"dev: cannot write to {checkout}/.venv: ")
    assert "DOORWARD_VENV" in said


def test_a_folder_in_which_nothing_can_be_made_is_one_sentence(checkout: Path) -> None:
    (checkout / ".venv").symlink_to("/proc/nothing")
    said = one_sentence(dev(checkout, "check"))
    assert said.startswith(f"dev: cannot write to {checkout}/.venv: ")
    assert "DOORWARD_VENV" in said


def test_a_working_directory_that_was_deleted_is_one_sentence(
    checkout: Path, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = dev(checkout, "run", cwd=gone, first=gone.rmdir)
    assert "the working directory was deleted" in one_sentence(done)
    words = ["-m", "doorward", "doctor"]
    gone.mkdir()
    done = subprocess.run(
        [sys.executable, *words],
        cwd=gone,
        preexec_fn=gone.rmdir,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the working directory was deleted" in one_sentence(done)


def test_a_browser_that_cannot_be_had_is_one_sentence(checkout: Path) -> None:
    furnish(checkout, "test")
    said = one_sentence(dev(checkout, "test", path="/nowhere"))
    assert said == "dev: no browser; install Chromium, or name one in DOORWARD_CHROMIUM"


def test_the_lock_of_production_holds_no_build_tool_and_all_locks_agree() -> None:
    run, build, test = (
        set(
            re.findall(
                r"^([\w.-]+==\S+)", (ROOT / f"requirements{name}.lock").read_text(), re.MULTILINE
            )
        )
        for name in ("", "-build", "-dev")
    )
    assert {line.partition("==")[0] for line in build} >= {"hatchling", "pathspec"}
    assert not run & build
    assert run | build <= test


def test_the_lock_of_the_site_fits_into_the_environment_of_the_tests() -> None:
    site, tests = (
        dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements-docs.lock", "requirements-dev.lock")
    )
    assert {"sphinx", "furo", "myst-parser"} <= site.keys()
    shared = site.keys() & tests.keys()
    assert {name: site[name] for name in shared} == {name: tests[name] for name in shared}


def test_the_lock_of_the_floors_holds_the_lowest_versions_that_are_named() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project, groups = pyproject["project"], pyproject["dependency-groups"]
    named = [*project["dependencies"], *groups["build"], *groups["dev"]]
    for extra in project["optional-dependencies"].values():
        named += extra
    lock = (ROOT / "requirements-floors.lock").read_text()
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE))
    for line in map(Requirement, named):
        (floor,) = [each.version for each in line.specifier if each.operator == ">="]
        assert Version(locked[line.name]).release[: len(Version(floor).release)] == (
            Version(floor).release
        ), f"{line.name} is locked at {locked[line.name]}, not at {floor}: ./dev lock"


def test_an_interrupt_in_the_first_moments_prints_nothing(checkout: Path) -> None:
    """A module that `dev` needs takes as long to import as one may wait for it."""
    (checkout / "fcntl.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    loud = subprocess.run(
        [sys.executable, checkout / "dev", "check"], capture_output=True, text=True, check=False
    )
    assert loud.returncode in (-2, 130)
    assert loud.stderr == ""
