"""One run: what was measured of each application, and how it is kept."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

KEPT = Path(__file__).parents[1] / "results/peers.json"


@dataclass(frozen=True, slots=True)
class Round:
    """Requests per second and microseconds of CPU a request, beside the bare route's."""

    rate: float
    cpu: float
    bare_rate: float
    bare_cpu: float
    quiet: bool
    """Whether nothing else ran on the machine when the measurement began."""

    @property
    def added(self) -> float:
        return self.cpu - self.bare_cpu


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one application: the bytes of its credential and of its memory at each
    start, and what `GET /me` answered in each case."""

    name: str
    package: str
    bare: str | None
    credential: list[int] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    cases: dict[str, int] = field(default_factory=dict)
    rounds: list[Round] = field(default_factory=list)

    @property
    def added(self) -> float:
        """Microseconds of CPU over the bare route."""
        return median(one.added for one in self.rounds)


@dataclass(frozen=True, slots=True)
class Run:
    machine: str
    client: str
    connections: int
    starts: int
    rounds: int
    seconds: int
    versions: dict[str, str]
    measured: list[Measured]

    def named(self, name: str) -> Measured:
        return next(one for one in self.measured if one.name == name)


def write(run: Run, path: Path = KEPT) -> None:
    path.write_text(json.dumps(asdict(run), indent=1) + "\n")


def read(path: Path = KEPT) -> Run:
    kept = json.loads(path.read_text())
    measured = [
        Measured(**{**each, "rounds": [Round(**one) for one in each["rounds"]]})
        for each in kept.pop("measured")
    ]
    return Run(**kept, measured=measured)
