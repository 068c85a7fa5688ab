"""The letter about a recovery code that was used."""

from ...mail.letter import IF_YOU, Template

RECOVERY_CODE_USED = Template(
    "A recovery code was used",
    (
        "A recovery code was used in place of your second factor, to log in to your account.",
        "When: {when}\nOn: {where}\nRecovery codes left: {left}",
        f"{IF_YOU} With few codes left, make new ones on the page Security of your account.",
        (
            "If it was not you, log in, change your password at once, make new recovery codes, and"
            " log out the devices that you do not recognise:\n{login}"
        ),
    ),
)
