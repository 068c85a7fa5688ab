"""The letter about a new password."""

from ...mail.letter import IF_YOU, Template

PASSWORD_RESET = Template(
    "Your password was changed by a reset link",
    (
        (
            "A new password was chosen for your account with a one-time link, and all devices were"
            " logged out."
        ),
        "When: {when}\nOn: {where}",
        IF_YOU,
        (
            "If it was not you, somebody else has your account now, and may read your mail. Change"
            " the password of your mail first. Then ask those who run the server to lock your"
            " account, and to send you another link."
        ),
    ),
)
