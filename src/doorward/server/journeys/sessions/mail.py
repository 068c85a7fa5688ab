"""The letter about a login that was stolen."""

from ...mail.letter import Template

REUSED = Template(
    "Your login was used in two places and was ended",
    (
        (
            "A login of your account was used by two parties, as after a theft. It was ended, so"
            " that neither can go on with it."
        ),
        "When: {when}\nBegun on: {other}\nLast tried on: {where}",
        (
            "Log in again, check where you are logged in, log out the devices that you do not"
            " recognise, and change your password:\n{login}"
        ),
    ),
)
