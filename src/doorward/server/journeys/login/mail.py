"""The letter about a login."""

from ...mail.letter import IF_YOU, Template

NEW_DEVICE = Template(
    "A login on a device not seen before",
    (
        "Somebody logged in to your account.",
        "When: {when}\nOn: {where}",
        f"{IF_YOU} After a change of the password every device is new once.",
        (
            "If it was not you, log in, change your password at once, and end the places you do not"
            " know:\n{login}"
        ),
    ),
)
