"""The scripts that the server runs: each is one atomic step.

They declare that they write (all but `READ`, which looks for itself), so that a server that was
made a replica refuses them.  Those that free memory or take something away run also when its memory
is full.
"""

from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path

FOLDER = Path(__file__).with_name("lua")


@dataclass(frozen=True, slots=True)
class Script:
    """Lua text, and the name the server gives it."""

    text: str
    sha: str


def _script(name: str, *parts: str) -> Script:
    """A script behind the parts it uses; its first line, the shebang, stays first."""
    shebang, _, body = _source(name).partition("\n")
    text = "\n".join([shebang, *map(_source, parts), body])
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


def _source(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text("utf-8")


INSERT = _script("insert", "sealed", "rows", "log", "decide")
REPLACE = _script("replace", "sealed", "rows", "log")
CHANGE = _script("change", "sealed", "rows", "log", "decide")
LIST = _script("list", "rows")
READ = _script("read")
KEYS = _script("keys")
PUT_KEYS = _script("put_keys", "sealed", "log")
PUT = _script("put", "sealed")
LOOK = _script("look")
TAKE = _script("take", "sealed")
HIT = _script("hit", "sealed")
FORGIVE = _script("forgive", "sealed")
NAMED = _script("named")
PURGE_SESSIONS = _script("purge_sessions", "sealed", "rows")
PURGE_CHANGES = _script("purge_changes", "sealed", "forget")
PURGE_MARKS = _script("purge_marks", "sealed", "forget")
PURGE_NAMED = _script("purge_named", "sealed")
ROOM = _script("room")
"""Does nothing, but is refused where a script that needs memory or a primary would be refused."""
