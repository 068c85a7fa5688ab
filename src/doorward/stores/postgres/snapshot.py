"""Places in the order of changes: cursors, and the marks of logins.

PostgreSQL numbers a transaction when it first writes and shows what it wrote when it commits, in
any other order.  A place therefore is not a number but a snapshot, `xmin:xmax:running`: it holds
every transaction below `xmax` but those that were still running.  What came after a place is what
its snapshot does not hold, however early it was numbered and however long it was paused.

**Why a login cannot slip past a decision.**  `mark` takes a snapshot M before the user is read.
`insert` and `change` of a subject hold the same lock, each from before its first look until its
commit is visible, so one of them is first.  If the insert is first, the decision sees the new row
and meets it.  If the decision is first, the insert reads, in a statement that begins after it got
the lock, the number D of the subject's last decision.  Either D is in M: then the decision was
committed before the user was read.  Or it is not: it was running, or not begun, when M was taken,
and the login is `superseded`.  No clock, no counter and no order of numbers is compared, so a
decision that was numbered before the mark and commits after it is caught, and an unrelated
transaction that stays open for an hour supersedes nobody.  Of several decisions about one subject
the last suffices, because the lock makes them one after another.

**Why a place is clamped.**  Numbers above the last one that is surely on the disk may be given
again after a crash: a transaction that wrote nothing durable leaves no trace.  Its number, were it
held by a snapshot, could then be that of a revocation, which would never be told.  Every change is
durable before it is visible, so a place ends after the last of them and holds nothing above.

**What was purged.**  A purge deletes only what it sees, so a place that holds the purge holds all
it deleted.  One that does not may lack something only if some number ever purged is not below its
`xmin`.  Both together say that a place is too old, and neither alone does.
"""

from typing import Self

from .. import Cursor

LAST = 2**63 - 1
EPOCH = 2**32 - 1
FIRST = 3
"""The first number of a transaction in every epoch of 2**32: PostgreSQL keeps the three before it
for itself, and takes no snapshot that names one."""

MARK = """
    SELECT doorward_place(), pg_current_snapshot()::text, greatest(
        (SELECT max(xid) FROM doorward_changes), (SELECT max(xid) FROM doorward_marks),
        changes_purged_by, marks_purged_by
    )::text
    FROM doorward_meta
"""


class Mark(int):
    """The mark of a login.  As a plain number it is the first transaction that may not have been
    visible: whoever keeps only that loses precision, never safety."""

    place: str
    snapshot: str

    def __new__(cls, place: str, snapshot: str) -> Self:
        made = super().__new__(cls, snapshot.partition(":")[0])
        made.place = place
        made.snapshot = snapshot
        return made


def parts(mark: int) -> tuple[str | None, str]:
    """Where a mark was taken, if it says so, and its snapshot."""
    if isinstance(mark, Mark):
        return mark.place, mark.snapshot
    number = min(max(mark, FIRST), LAST)
    if number & EPOCH < FIRST:
        number = _before(number | FIRST)
    return None, f"{number}:{number}:"


def clamped(snapshot: str, last: int) -> str:
    """The same snapshot, holding nothing above the transaction `last`."""
    running = [number for number in snapshot.split(":")[2].split(",") if number]
    below = [number for number in running if int(number) <= last]
    end = _after(last)
    return f"{(*below, end)[0]}:{end}:{','.join(below)}"


def last_held(cursor: Cursor) -> int:
    """The last change that a cursor holds, or the last purge."""
    return _before(int(str(cursor[1]).split(":")[1]))


def _after(number: int) -> int:
    """The next transaction's number."""
    return number + 1 if number & EPOCH < EPOCH else number + 1 + FIRST


def _before(number: int) -> int:
    """The last transaction's number."""
    return number - 1 if number & EPOCH > FIRST else number - 1 - FIRST
