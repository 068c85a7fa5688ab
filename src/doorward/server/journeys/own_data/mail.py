"""The letters about the data of an account, and about its deletion."""

from ...mail.letter import IF_YOU, Template

DATA_DOWNLOADED = Template(
    "The data of your account was downloaded",
    (
        (
            "Somebody who was logged in to your account downloaded what this server holds about it:"
            " its address, sessions, factors and history. The file holds no password."
        ),
        "When: {when}\nOn: {where}",
        IF_YOU,
        "If it was not you, change your password at once:\n{login}",
    ),
)

DELETION_BEGUN = Template(
    "Your account is deleted",
    (
        (
            "Your account was deleted, and all devices were logged out. In seven days it is erased,"
            " and cannot be brought back."
        ),
        "When: {when}\nOn: {where}",
        (
            "To keep the account, log in within the seven days:\n{login}\nIf it was not you who"
            " deleted it, then change your password, too."
        ),
    ),
)

DELETION_UNDONE = Template(
    "Your account stays",
    (
        "Somebody logged in to your account, which was deleted. So it will not be erased.",
        "When: {when}\nOn: {where}",
        "If it was you, and you still want the account to be erased, delete it again.",
        "If it was not you, log in, and change your password at once:\n{login}",
    ),
)
