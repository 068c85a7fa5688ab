"""Whose a known device is: bound to a person and their present password."""

from .users import User


def whose(user: User) -> bytes:
    """What `Devices` binds the marks of this user to.  A new password forgets them all."""
    # The number tells two passwords of one second apart, and a restored database, in which numbers
    # are given again, is told by the time.  A digest of the hash would change with a mere rehash.
    # A subject has no NUL: no two read alike.
    password = b"%d %d" % (user.ending, user.password_changed_at)
    return b"%b\0%b" % (user.subject.encode(), password)
