"""The letters about the data of an account, and about its deletion."""

from ...mail.letter import IF_YOU, LOOK_THROUGH, NOT_YOU, Template

DATA_DOWNLOADED = Template(
    "The data of your account was downloaded",
    (
        (
            "Somebody who was logged in to your account downloaded what {site} holds about it: its"
            " address, sessions, factors and history. The file holds no password."
        ),
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
        LOOK_THROUGH,
    ),
)

DELETION_BEGUN = Template(
    "Your account is deleted",
    (
        (
            "Your account at {site} was deleted, and all devices were logged out. On {week} it is"
            " erased, and cannot be brought back."
        ),
        "When: {when}\nOn: {where}",
        "If it was you, there is nothing to do. To keep the account, log in before then:\n{login}",
        (
            "If it was not you, somebody else was in your account. Choose a new password"
            " here:\n{forgot}"
        ),
        "Then log in before that time. The login keeps the account.",
    ),
)

DELETION_UNDONE = Template(
    "Your account stays",
    (
        (
            "Somebody logged in to your account at {site}, which was deleted. So it will not be"
            " erased."
        ),
        "When: {when}\nOn: {where}",
        (
            "If it was you, there is nothing to do. If you still want it to be erased, delete it"
            " again:\n{delete}"
        ),
        NOT_YOU,
        LOOK_THROUGH,
    ),
)
