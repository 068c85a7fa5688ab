"""The signals that tell a server to end."""

import signal
from collections.abc import Sequence

_IGNORABLE = ("SIGHUP", "SIGQUIT")
"""Sent when the terminal closes, and by Ctrl-\\.  By default they end a process without clean-up,
and its temporary folders stay."""


def stopping() -> Sequence[signal.Signals]:
    """The signals that end this process.  A signal that the parent ignores, as `nohup` does, stays
    ignored."""
    more = [getattr(signal, name) for name in _IGNORABLE if hasattr(signal, name)]
    heard = [each for each in more if signal.getsignal(each) is not signal.SIG_IGN]
    return (signal.SIGTERM, signal.SIGINT, *heard)
