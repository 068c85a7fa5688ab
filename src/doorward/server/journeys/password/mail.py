"""The letter about a change of the password."""

from ...mail.letter import IF_YOU, LOOK_THROUGH, NOT_YOU, Template

PASSWORD_CHANGED = Template(
    "Your password was changed",
    (
        (
            "The password of your account at {site} was changed, and all other devices were logged"
            " out."
        ),
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
        LOOK_THROUGH,
    ),
)
