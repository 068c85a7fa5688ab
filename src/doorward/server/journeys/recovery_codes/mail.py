"""The letter about new recovery codes."""

from ...mail.letter import IF_YOU, NOT_YOU, Template

RECOVERY_CODES_MADE = Template(
    "New recovery codes were made",
    (
        "New recovery codes were made for your account at {site}. The earlier ones no longer work.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
        "Then log in, and make new recovery codes on this page:\n{security}",
    ),
)
