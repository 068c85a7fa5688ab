"""The letter about a login."""

from ...mail.letter import IF_YOU, Template

NEW_DEVICE = Template(
    "A login on a device not seen before",
    (
        "Somebody logged in to your account.",
        "When: {when}\nOn: {where}",
        f"{IF_YOU} After you change your password, each device counts as new at its next login.",
        (
            "If it was not you, log in, change your password at once, and log out the devices that"
            " you do not recognise:\n{login}"
        ),
    ),
)
