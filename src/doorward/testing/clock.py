"""Time that moves only when a test says so."""


class FakeClock:
    """A `Clock` that stands still: give it to whatever takes a clock, and `advance` it."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: int) -> None:
        """Let `seconds` pass."""
        self.now += seconds
