"""Test one mutant after the other in a copy of a checkout."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
from contextlib import suppress
from io import BytesIO
from itertools import count
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from tools.mutations import Mutant, mutants_of

MAX_SECONDS = 120
"""For one test of a mutant: a healthy one ends long before."""

PYTEST = [
    *("-x", "-q", "-n0", "--tb=short", "-m", "not soak", "-p", "no:cacheprovider"),
    # Two runs differ in the mutant, not in their luck.
    *("-p", "no:randomly", "--hypothesis-seed=0", "--basetemp=../scratch"),
    *("-o", "faulthandler_exit_on_timeout=true", "-o"),
]

UNHEARD = {"test_imports.py"}
"""Left out, because they measure the time of imports and on a busy machine fail with any mutant, or
with none."""

ROOMS = {
    "src/doorward/rules.py": "core/test_rules* core/test_auth_* core/*",
    "src/doorward/tokens.py": "core/test_tokens* core/test_auth_* keys/* core/*",
    "src/doorward/view.py": "core/test_view* core/test_change_feed* core/test_auth_* core/*",
    "src/doorward/authenticate.py": "core/test_auth_authenticate* core/test_auth_* core/*",
    "src/doorward/refresh.py": "core/test_auth_refresh* core/test_auth_* core/*",
    "src/doorward/web/caches.py": "web/test_caches* web/*",
    "src/doorward/web/cors.py": "web/test_cors* web/*",
    "src/doorward/web/cors_agreement.py": "web/test_cors_agreement* web/*",
    "src/doorward/web/gate.py": "web/test_gate* web/test_asgi* web/test_fastapi* web/*"
    " server/http/test_two_on*",
    "src/doorward/web/origin.py": "web/test_origin* web/test_gate* web/*",
    "src/doorward/web/origin_check.py": "web/test_gate* web/test_cors* web/test_login* web/*",
    "src/doorward/web/renewal.py": "web/test_gate* web/test_asgi* web/test_change_over* web/*",
    "src/doorward/web/transport.py": "web/test_transport* web/test_gate* web/*",
    "src/doorward/web/guesses.py": "web/test_answered_guesses* web/test_guesses* web/*",
    "src/doorward/web/limiter.py": "web/test_limiter* web/test_guesses* web/test_answered*"
    " web/test_login*"
    " server/test_limiter* server/test_tries*"
    " server/journeys/test_* server/accounts/test_devices*",
    "src/doorward/server/audit/chain.py": "server/audit/* server/admin/test_history*",
}
"""Each file, and where its tests are: the nearest first."""


class Outcome(NamedTuple):
    """The outcome of a mutant, the test that decided it, and the seconds it took."""

    status: str
    test: str
    seconds: float


class Copy:
    """A copy of a checkout, in which one process tests one mutant after the other."""

    def __init__(self, checkout: Path, commit: str, folder: Path) -> None:
        command = ["git", "-C", str(checkout), "archive", commit]
        packed = subprocess.run(command, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        own = checkout.resolve() / ".venv/bin/python"
        self._folder, self._python = folder, str(own if own.exists() else sys.executable)
        self._environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
        self._times = count(1)
        self.log = folder.with_name("log")
        self._check_imported()

    def tests(self, path: str) -> list[str]:
        """The test files for a source file, in the order in which they are run."""
        found = [
            str(file.relative_to(self._folder))
            for pattern in ROOMS[path].split()
            for file in sorted(self._folder.joinpath("tests").glob(f"{pattern}.py"))
            if file.name.startswith("test_") and file.name not in UNHEARD
        ]
        return list(dict.fromkeys(found))

    def holds(self, path: str) -> bool:
        """Whether there is such a source file: another checkout may be older."""
        return self._folder.joinpath(path).exists()

    def mutants(self, path: str) -> list[Mutant]:
        """All mutants of a source file."""
        return list(mutants_of(path, self._folder.joinpath(path).read_bytes()))

    def try_out(self, mutant: Mutant, seconds: float) -> Outcome:
        """Test a mutant, for no longer than so many seconds."""
        path = self._folder / mutant.path
        sound = path.read_bytes()
        try:
            self._write(path, mutant.source)
            return self.run(self.tests(mutant.path), seconds, MAX_SECONDS)
        finally:
            self._write(path, sound)

    def run(self, tests: list[str], seconds: float = 3600, each: int = 900) -> Outcome:
        """The outcome of these tests, and each of them, in so many seconds, as the copy now is."""
        began = monotonic()
        shutil.rmtree(self._folder / ".hypothesis", ignore_errors=True)  # what it found before
        command = [self._python, "-m", "pytest", *PYTEST, f"faulthandler_timeout={each}", *tests]
        with self.log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=self._folder, env=self._environment, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            with suppress(ProcessLookupError):  # and whatever its tests left running
                os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
        said = self.log.read_text("utf-8", "replace")
        took = round(monotonic() - began, 1)
        if code == 0:
            return Outcome("lived", "", took)
        if failed := re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", said, re.MULTILINE):
            return Outcome("killed", failed[1], took)
        if hung := re.search(r'File ".*/(tests/.+?)", line \d+ in (test_\w+)', said):
            return Outcome("timeout", f"{hung[1]}::{hung[2]}", took)
        hanging = "Timeout (" in said or took >= seconds
        return Outcome("timeout" if hanging else "killed", " ".join(said.split())[-200:], took)

    def _write(self, path: Path, source: bytes) -> None:
        path.write_bytes(source)
        # Compiled code is taken for that of any source of the same size and second.
        os.utime(path, (next(self._times),) * 2)

    def _check_imported(self) -> None:
        known = [path for path in ROOMS if self.holds(path)]
        names = [path[4:-3].replace("/", ".") for path in known]
        code = f"import importlib as i; print(*[i.import_module(n).__file__ for n in {names}])"
        command = [self._python, "-c", code]
        said = subprocess.check_output(command, env=self._environment, cwd=self._folder, text=True)
        if not all(Path(name).is_relative_to(self._folder) for name in said.split()):
            raise SystemExit(f"not the copy in {self._folder} was imported: {said}")
