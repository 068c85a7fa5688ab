"""What an application of `apps/` is given: its port, a folder for files, and two database servers."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    port: int
    folder: Path
    redis: str
    postgres: str

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"
