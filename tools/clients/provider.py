"""A real `doorward serve --provider on`, over TLS, with one person who has an account."""

import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.certificate import make_certificate
from tests.support.ports import free_port
from tests.support.server import RunningServer, clean_environment, running_server

from .person import Person

_HINT = re.compile(r"id_token_hint=[^&]*")
"""An ID token that an application hands back at the logout, which its specification wants there."""

_TOKEN = re.compile(r"\beyJ[\w-]+\.|\bdw[a-z]_[\w-]{20}|[?&]code=")
"""A JWT, a token or secret of ours, or a code."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`issuer` has no slash at its end; `certificate` is the file that programs must trust."""

    server: RunningServer
    issuer: str
    certificate: Path
    trusting: ssl.SSLContext
    person: Person
    secrets: list[str] = field(default_factory=list)
    """What was given to applications and must stand in no log."""

    def add_scope(self, name: str, resource: str, sentence: str) -> None:
        self._doorward("scopes", "add", name, resource, sentence)

    def add_client(self, name: str, words: Sequence[str]) -> tuple[str, str]:
        """Register an application; its id, and its secret or nothing."""
        said = self._doorward("clients", "add", name, *words)
        secret = said.get("client_secret") or ""
        self.secrets.extend([secret] if secret else [])
        return said["client_id"], secret

    def leaks(self) -> list[str]:
        """Lines of the server's log, and addresses of ours, in which a secret stands."""
        lines = [
            *self.server.output.splitlines(),
            *(_HINT.sub("", address) for address in self.person.seen),
        ]
        return [
            line
            for line in lines
            if _TOKEN.search(line) or any(secret in line for secret in self.secrets)
        ]

    def _doorward(self, *words: str) -> Any:
        named = {
            "DOORWARD_DATABASE": self.server.database,
            "DOORWARD_ROOT_KEY_FILE": str(self.server.root_key_file),
        }
        done = subprocess.run(
            [sys.executable, "-m", "doorward", *words, "--json"],
            env=clean_environment() | named,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "null")


@contextmanager
def provider(folder: Path) -> Iterator[Provider]:
    """Keeps everything in `folder`, and stops at the end."""
    trusting = make_certificate(folder)
    port = free_port()
    issuer = f"https://localhost:{port}"
    words = ["--provider", "on", "--public-origin", issuer, "--signup-limit", "1000"]
    tls = ["--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem")]
    with running_server(*words, *tls, folder=folder, port=port, trusting=trusting) as server:
        person = Person(issuer, trusting)
        person.sign_up()
        yield Provider(server, issuer, folder / "cert.pem", trusting, person)
