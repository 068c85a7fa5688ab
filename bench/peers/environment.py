"""The environment of the peers, `bench/peers/.venv`: apart from ours, for their packages ask for
other versions.

    python bench/peers/environment.py           makes it, by locked hashes
    python bench/peers/environment.py lock      maintainers: renews bench/peers/requirements.txt

What Doorward runs on too has the same version in both, so that one bare route serves for all.
"""

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin/python"
LOCK = HERE / "requirements.txt"
OURS = HERE.parents[1] / "requirements.lock"
SHARED = (
    "fastapi",
    "h11",
    "httptools",
    "pydantic",
    "pydantic-core",
    "starlette",
    "uvicorn",
    "uvloop",
)


def pinned(lock: Path, names: tuple[str, ...] = SHARED) -> dict[str, str]:
    """The versions that a lock file gives to these packages."""
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE)
    return {name: version for name, version in found if name in names}


def make() -> None:
    if not PYTHON.exists():
        venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "-qq", "install"]
    subprocess.run([*pip, "--require-hashes", "--requirement", str(LOCK)], check=True)


def lock() -> None:
    form = "--universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet"
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.writelines(f"{name}=={version}\n" for name, version in pinned(OURS).items())
        constraints.flush()
        command = [sys.executable, "-m", "uv", "pip", "compile", *form.split()]
        command += ["--constraint", constraints.name, "--output-file", str(LOCK)]
        subprocess.run([*command, str(HERE / "requirements.in")], check=True)
    if "://" in LOCK.read_text():
        raise SystemExit(f"{LOCK.name} names a host; it must hold names, versions and hashes alone")


if __name__ == "__main__":
    lock() if sys.argv[1:] == ["lock"] else make()
