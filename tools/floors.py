"""Test with the lowest versions that `pyproject.toml` names, in an environment of their own.

`requirements-floors.lock` holds them; `./dev lock` renews it.
"""

import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-floors.lock"

ROOMS = ("tests/core", "tests/keys", "tests/stores", "tests/web", "tests/server", "tests/testing")


def main() -> int:
    """The exit status of pytest, or of pip where it fails."""
    with TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin/python"
        steps = (
            ("pip", "-q", "install", "--require-hashes", "--requirement", str(LOCK)),
            ("pip", "-q", "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)),
            ("pytest", "-q", "-n", "auto", "--dist", "loadfile", *ROOMS),
        )
        for step in steps:
            status = subprocess.run([python, "-m", *step], cwd=ROOT, check=False).returncode
            if status:
                return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
