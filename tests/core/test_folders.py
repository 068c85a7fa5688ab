"""Folders that are made for a key or a database."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorward.folders import make_folder
from doorward.keys import load_root_keys
from doorward.stores import open_store

pytestmark = pytest.mark.anyio


@pytest.fixture
def nothing_masked() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> list[int]:
    return [path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_dir()]


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_masked")
async def test_whatever_the_umask_every_folder_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    load_root_keys(tmp_path / "a/b/c/root.key", {}, sealed_exist=False)
    await open_store(f"sqlite:///{tmp_path}/d/e/f/doorward.db").close()
    assert modes(tmp_path) == [0o700] * 6


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    make_folder(tmp_path / "shared")
    make_folder(tmp_path / "shared" / "own")
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o755


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "below" / "further")
