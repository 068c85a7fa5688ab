"""The letters about a login, and about one that fails again and again."""

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

GUESSES_LIMITED = Template(
    "Too many wrong passwords or codes",
    (
        (
            "Somebody tried so many wrong passwords or codes for your account at {site} that more"
            " are refused for a while."
        ),
        "When: {when}\nLast tried on: {where}",
        (
            "If it was you, wait a day at most, or log in with a browser in which you logged in"
            " before:\n{login}"
        ),
        (
            "If it was not you and you have a second factor, whoever it was may know your password."
            " Choose a new one here:\n{forgot}"
        ),
        (
            "If it was not you and you have none, you can set one up on this page: then a guessed"
            " password alone opens nothing.\n{security}"
        ),
        "You get this mail once a day at most, however many are tried.",
    ),
)
