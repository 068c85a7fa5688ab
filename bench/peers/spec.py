"""What each application of `apps/` is given: a port, a folder for files, two database servers."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Spec:
    port: int
    folder: Path
    redis: str
    postgres: str

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"
