"""The letter about a recovery code that was used."""

from ...mail.letter import IF_YOU, NOT_YOU, Template

RECOVERY_CODE_USED = Template(
    "A recovery code was used",
    (
        (
            "A recovery code was used in place of your second factor, to log in to your account at"
            " {site}."
        ),
        "When: {when}\nOn: {where}\nRecovery codes left: {left}",
        f"{IF_YOU} If few codes are left, make new ones on this page:\n{{security}}",
        NOT_YOU,
        "Then log in, and make new recovery codes on the page above.",
    ),
)
