"""The signals that tell a server to end."""

import signal
from collections.abc import Sequence

_IGNORABLE = ("SIGHUP", "SIGQUIT")
"""The terminal is gone, and Ctrl-\\.  By themselves they end a process without a last word, and
leave its folders behind."""


def stopping() -> Sequence[signal.Signals]:
    """Those that end this process: one that whoever started it ignores, as `nohup` does, stays
    ignored."""
    more = [getattr(signal, name) for name in _IGNORABLE if hasattr(signal, name)]
    heard = [each for each in more if signal.getsignal(each) is not signal.SIG_IGN]
    return (signal.SIGTERM, signal.SIGINT, *heard)
