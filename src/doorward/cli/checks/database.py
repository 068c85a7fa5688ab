"""The database: its file, its disk, and the clock it was written by."""

from ...settings import CLOCK_SKEW, DAY
from ..facts import Facts
from ..output import long, when
from .finding import NOTE, OK, UNSAFE, WARNING, Finding

LONG_QUIET = 30 * DAY
"""Time without any activity after which a clock may just as well be wrong."""

LITTLE_SPACE = 100 * 2**20
"""Bytes of free disk that are soon used up."""

NETWORK = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "lustre", "ncpfs"),
        *("nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs", "vboxsf"),
        *("fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
"""File systems whose locks do not hold between machines, or not as SQLite needs them."""


def usable(facts: Facts) -> Finding:
    """Whether the database can be opened and written."""
    found = facts.database
    if found.error is not None:
        return Finding(UNSAFE, f"The database cannot be used: {found.error}.", "See --database.")
    if found.path is None:
        return Finding(
            WARNING,
            "Users and sessions are kept in memory: when the server stops, they are gone.",
            "Name a file with --database.",
        )
    if not found.exists:
        return Finding(NOTE, f"There is no database yet; the first start makes {found.path}.")
    if not found.ours:
        return Finding(
            NOTE,
            f"{found.path} holds nothing of Doorward yet.",
            "If it should, it is the wrong file; see --database.",
        )
    return Finding(OK, f"{found.path} can be read and written.")


def journal(facts: Facts) -> Finding:
    """Whether readers and writers get out of each other's way."""
    if not _is_there(facts):
        return Finding(OK, "There is no database file whose journal could be looked at.")
    if facts.database.journal == "wal":
        return Finding(OK, "The database keeps a write-ahead log.")
    return Finding(
        WARNING,
        f"The database's journal is {facts.database.journal!r}, not a write-ahead log: readers and"
        " writers wait for each other.",
        "Start the server once; if it stays so, move the file to a local disk.",
    )


def filesystem(facts: Facts) -> Finding:
    """Locks that do not hold between machines."""
    kind = facts.database.filesystem
    if kind in NETWORK:
        return Finding(
            UNSAFE,
            f"The database lies on a network file system ({kind}), where two processes can"
            " destroy it.",
            "Move it to a local disk.",
        )
    return Finding(OK, "The database lies on a local disk, as far as this machine can tell.")


def readers(facts: Facts) -> Finding:
    """Other accounts of this machine that can copy the database."""
    if not _is_there(facts):
        return Finding(OK, "There is no database file that others could open.")
    found = facts.database
    if found.mode & 0o007:
        return Finding(
            WARNING,
            f"Every account of this machine can open {found.path}: addresses and password hashes.",
            f"Run: chmod o-rwx {found.path}",
        )
    return Finding(OK, "Other accounts of this machine cannot open the database.")


def space(facts: Facts) -> Finding:
    """A disk that is about to be full."""
    if facts.database.free < LITTLE_SPACE:
        return Finding(
            WARNING,
            f"The database's disk has {facts.database.free // 2**20} MiB left; when it is full,"
            " nobody can log in or out.",
            "Make room.",
        )
    return Finding(OK, "There is room on the database's disk.")


def clock(facts: Facts) -> Finding:
    """A clock that makes sessions live too long, or end too early."""
    if not facts.database.sessions:
        return Finding(
            OK, f"The clock says {when(facts.now)} UTC; there is no session to compare it with."
        )
    newest = max(session.seen_at for session in facts.database.sessions)
    if newest > facts.now + CLOCK_SKEW:
        return Finding(
            WARNING,
            f"The newest session was used at {when(newest)} UTC, which is"
            f" {long(newest - facts.now)} from now: this clock is behind, or that one was ahead.",
            "Set the clock; until it gets there, sessions live longer than they should.",
        )
    if newest < facts.now - LONG_QUIET:
        return Finding(
            NOTE,
            f"No session was used for {long(facts.now - newest)}: quiet times, or a clock ahead.",
            "Compare the clock with another one.",
        )
    return Finding(OK, f"The clock, {when(facts.now)} UTC, fits the newest session.")


def _is_there(facts: Facts) -> bool:
    found = facts.database
    return found.path is not None and found.exists and found.ours and found.error is None
