"""The letter about a login."""

from ...mail.letter import IF_YOU, LOOK_THROUGH, NOT_YOU, Template

NEW_DEVICE = Template(
    "A login on a device not seen before",
    (
        "Somebody logged in to your account at {site}, on a device not seen before.",
        "When: {when}\nOn: {where}",
        f"{IF_YOU} After you change your password, each device counts as new at its next login.",
        NOT_YOU,
        LOOK_THROUGH,
    ),
)
