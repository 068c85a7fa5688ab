"""The letters about passkeys."""

from ...mail.letter import IF_YOU, NOT_YOU, Template

PASSKEY_ADDED = Template(
    "A passkey was added",
    (
        (
            "A passkey was added to your account. It logs in without the password, and a login with"
            " the password asks for it."
        ),
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
    ),
)

PASSKEY_REMOVED = Template(
    "A passkey was removed",
    (
        "A passkey of your account was removed. It no longer logs in.",
        "When: {when}\nOn: {where}",
        IF_YOU,
        NOT_YOU,
    ),
)

PASSKEY_COUNTER_FELL = Template(
    "A passkey of your account may have been copied",
    (
        (
            "Devices count how often a passkey is used. A passkey of your account was used, and its"
            " count did not go on from the last use, as if there were a copy of it."
        ),
        "When: {when}\nOn: {where}",
        (
            "A few devices count wrongly. If you do not know that yours does, log in, remove the"
            " passkey on the page Security, add a new one, and log out the devices that you do not"
            " recognise:\n{login}"
        ),
    ),
)
