"""The settings of one process of the small application."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["session", "token", "plain_jwt", "plain_session", "bare"]

PASSWORD = "a password for everybody"  # noqa: S105 - for accounts of a test run

TRUSTED = "https://app.example"
"""The origin on another domain that Doorward trusts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """`hash` is Argon2id of `PASSWORD`; `secret` signs plain JWTs, which live `lifetime` seconds.
    `port` is the one that all processes of an application share."""

    kind: Kind
    store: str
    port: int
    root_key_file: str
    hash: str
    secret: str
    lifetime: int

    def text(self) -> str:
        """The settings as one argument of a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> "Spec":
        return cls(**json.loads(text))
