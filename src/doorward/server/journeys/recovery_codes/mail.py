"""The letter about new recovery codes."""

from ...mail.letter import IF_YOU, Template

RECOVERY_CODES_MADE = Template(
    "New recovery codes were made",
    (
        "New recovery codes were made for your account. The earlier ones no longer work.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        (
            "If it was not you, somebody else has your account. Log in, change your password, make"
            " new recovery codes, and log out the devices that you do not recognise:\n{login}"
        ),
    ),
)
