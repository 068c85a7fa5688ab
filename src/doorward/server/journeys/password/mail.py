"""The letter about a change of the password."""

from ...mail.letter import IF_YOU, Template

PASSWORD_CHANGED = Template(
    "Your password was changed",
    (
        "The password of your account was changed, and all other devices were logged out.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        (
            "If it was not you, somebody else has your account now. Choose another password at"
            " once, which logs out all devices, and then look at the page Security:\n{forgot}"
        ),
    ),
)
