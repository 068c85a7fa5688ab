"""What pip installs for a line of the docs, and nothing beside it, for a Python of its own."""

import os
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def installed(folder: Path, *extras: str) -> dict[str, str]:
    """The environment in which `python -S` sees `pip install '.[EXTRAS]'`, laid out in `folder`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    for path in {path for name in _closed(wanted) for path in _top(name)}:
        (folder / path.name).symlink_to(path)
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{folder}"}


def _closed(wanted: list[str]) -> set[str]:
    found: set[str] = set()
    todo = [(Requirement(line), "") for line in wanted]
    while todo:
        need, extra = todo.pop()
        if need.marker is not None and not need.marker.evaluate({"extra": extra}):
            continue
        found.add(need.name)
        for line in distribution(need.name).requires or ():
            todo += [(Requirement(line), each) for each in ("", *need.extras)]
    return found


def _top(name: str) -> Iterator[Path]:
    """What a distribution put into `site-packages`: not its scripts, which lie elsewhere."""
    for file in distribution(name).files or ():
        if file.parts[0] != "..":
            yield Path(str(distribution(name).locate_file(file.parts[0])))
