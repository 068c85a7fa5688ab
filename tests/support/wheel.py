"""The built wheel, installed where nothing of the checkout can stand in for what it lacks."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build_wheel(folder: Path) -> Path:
    _python("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return next(folder.glob("doorward-*.whl"))


def install_wheel(wheel: Path, folder: Path) -> Path:
    """A throw-away environment in `folder`: its Python.

    What the wheel needs is borrowed by a .pth line.  Such a line adds a folder without reading
    the .pth files in it, so an editable installation there stays out of sight.
    """
    _python("-m", "venv", "--without-pip", str(folder))
    environment = folder / "bin/python"
    _python("-m", "pip", "-qq", "--python", str(environment), "install", "--no-deps", str(wheel))
    site = next(folder.glob("lib/python*/site-packages"))
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join(borrowed))
    return environment


def _python(*args: str) -> None:
    done = subprocess.run(
        [sys.executable, *args], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    scratch = Path(sys.argv[1])
    print(install_wheel(build_wheel(scratch), scratch / "venv"))
