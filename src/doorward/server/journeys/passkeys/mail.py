"""The letters about passkeys."""

from ...mail.letter import IF_YOU, NOT_YOU, STUCK, Template

PASSKEY_ADDED = Template(
    "A passkey was added",
    (
        (
            "A passkey was added to your account at {site}. It logs in without the password, and a"
            " login with the password asks for it."
        ),
        "When: {when}\nOn: {where}\nPasskey: {passkey}",
        IF_YOU,
        NOT_YOU,
        (
            "Then log in at once, and remove the passkey on this page, since it still logs in:"
            "\n{security}"
        ),
        STUCK,
    ),
)

PASSKEY_REMOVED = Template(
    "A passkey was removed",
    (
        "A passkey of your account at {site} was removed. It no longer logs in.",
        "When: {when}\nOn: {where}\nPasskey: {passkey}",
        IF_YOU,
        NOT_YOU,
        "Then log in, and look through your passkeys on this page:\n{security}",
    ),
)

PASSKEY_COUNTER_FELL = Template(
    "A passkey of your account may have been copied",
    (
        (
            "A passkey of your account at {site} was used. Your device counts how often it is"
            " used, and this time the count was not higher than at the last use, as if there were a"
            " copy."
        ),
        "When: {when}\nOn: {where}\nPasskey: {passkey}",
        (
            "If it was you, your device may count wrongly. To be safe, remove the passkey on this"
            " page, and add a new one:\n{security}"
        ),
        (
            "If it was not you, somebody has a copy of the passkey. Choose a new password here,"
            " which logs out all devices:\n{forgot}"
        ),
        "Then log in at once, and remove the passkey on the page above, since it still logs in.",
    ),
)
