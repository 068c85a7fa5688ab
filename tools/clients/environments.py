"""What the programs need, installed once by locked hashes below `build/clients`."""

import hashlib
import shutil
import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / "build/clients"
SOURCE = HERE.parents[1] / "src"

APACHE = ("apache2-bin", "libapache2-mod-auth-openidc")


class Missing(Exception):
    """This machine lacks something, which the sentence names."""


def python() -> str:
    """The Python of an environment of its own, with the libraries of `python/requirements.lock`."""
    lock = HERE / "python/requirements.lock"
    folder = CACHE / f"python-{_stamp(lock)}"
    if not (folder / "done").exists():
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(folder)
        pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "-qq"]
        _run([*pip, "install", "--require-hashes", "--requirement", str(lock)], HERE)
        (folder / "done").touch()
    return str(folder / "bin/python")


def node_modules() -> Path:
    """The folder that has the libraries of `node/package-lock.json`."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Missing("node and npm are not installed")
    lock = HERE / "node/package-lock.json"
    folder = CACHE / f"node-{_stamp(lock)}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for file in (lock, HERE / "node/package.json"):
            shutil.copy(file, folder)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        (folder / "done").touch()
    return folder / "node_modules"


def apache() -> Path:
    """A folder with Debian's Apache and its OpenID Connect module, unpacked and not installed."""
    if shutil.which("apt-get") is None:
        raise Missing("apt-get is not installed")
    folder = CACHE / "apache"
    if not (folder / "done").exists():
        archives = folder / "archives"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        quiet = ["--yes", "--no-install-recommends", "--reinstall", "--download-only"]
        where = ["-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1"]
        _run(["apt-get", "-qq", "install", *quiet, *where, *APACHE], folder)
        for archive in sorted(archives.glob("*.deb")):
            _run(["dpkg-deb", "--extract", str(archive), str(folder / "root")], folder)
        (folder / "done").touch()
    return folder / "root"


def _stamp(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:12]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Missing(f"{command[0]} failed: {said[-1] if said else done.returncode}")
