"""The letter about a new password."""

from ...mail.letter import IF_YOU, LOOK_THROUGH, Template

PASSWORD_RESET = Template(
    "Your password was changed by a reset link",
    (
        (
            "A new password was chosen for your account at {site} with a one-time link, and all"
            " devices were logged out."
        ),
        "When: {when}\nOn: {where}",
        IF_YOU,
        (
            "If it was not you, somebody else had the link, and may read your mail. Change the"
            " password of your mailbox first. Then choose a new password here, which logs out all"
            " devices:\n{forgot}"
        ),
        LOOK_THROUGH,
    ),
)
