"""What people install is the wheel, not this checkout."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support.wheel import ROOT, build_wheel, install_wheel

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path) -> Path:
    return install_wheel(wheel, wheel.parent / "venv")


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    package = ROOT / "src/doorward"
    ours = {
        str(path.relative_to(package.parent))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == ours
    assert "doorward/py.typed" in packed


def test_the_wheel_holds_every_licence_of_what_it_ships(wheel: Path) -> None:
    packed = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "/licenses/" in name}
    assert packed == {"LICENSE", "common-passwords.LICENSE"}


def test_the_installed_wheel_is_imported_from_where_it_was_installed(environment: Path) -> None:
    where = _run(environment, "-c", "import doorward; print(doorward.__file__)")
    assert where.startswith(str(environment.parents[1]))


def test_the_library_imports_without_any_of_the_extras(environment: Path) -> None:
    extras = "fastapi starlette pydantic uvicorn jinja2 sqlalchemy alembic email_validator pytest"
    block = f"import sys; sys.modules.update(dict.fromkeys({extras.split()}))"
    assert _run(environment, "-c", f"{block}; import doorward; print('imported')") == "imported\n"


def test_the_installed_command_tells_what_it_can_do(environment: Path) -> None:
    help_text = subprocess.check_output([environment.parent / "doorward", "--help"], text=True)
    assert "serve" in help_text


def _run(environment: Path, *args: str) -> str:
    return subprocess.check_output([environment, *args], text=True, cwd=environment.parent)
