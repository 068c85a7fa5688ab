"""Binds a known device to a person and their present password."""

from .user import User


def whose(user: User) -> bytes:
    """The value to which `Devices` binds the marks of this user.  A new password voids all of
    them."""
    # The number distinguishes two passwords of one second.  The time distinguishes two passwords of
    # one number, which a restored database may give again.  A digest of the hash would change with
    # a mere rehash.  A subject has no NUL: no two read alike.
    password = b"%d %d" % (user.ending, user.password_changed_at)
    return b"%b\0%b" % (user.subject.encode(), password)
