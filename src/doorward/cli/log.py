"""What a server writes to stderr: each event as its line of JSON, all else with its time."""

import logging
import sys

from ..server.audit.event_log import utc

_EVENTS = "doorward.events"


class Lines(logging.Formatter):
    """An event is JSON already and says when it was; other lines begin with the moment in UTC, the
    process and the level."""

    def __init__(self) -> None:
        line = "%(asctime)s [%(process)d] %(levelname)s %(message)s"
        super().__init__(line)

    # logging calls it by this name
    def formatTime(self, record: logging.LogRecord, _: str | None = None) -> str:  # noqa: N802
        return utc(int(record.created))

    def format(self, record: logging.LogRecord) -> str:
        return record.getMessage() if record.name == _EVENTS else super().format(record)


def log_to_stderr() -> None:
    """Events, and how a long sweep goes on, at INFO; everything else from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in (_EVENTS, "doorward.sweeper"):
        logging.getLogger(name).setLevel(logging.INFO)
    # what anybody can cause by sending garbage is not worth a line each
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
