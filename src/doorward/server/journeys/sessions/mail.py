"""The letter about a login that was stolen."""

from ...mail.letter import LOOK_THROUGH, Template

REUSED = Template(
    "Your login was used in two places and was ended",
    (
        (
            "A login of your account at {site} was used in two places, as after a theft. It was"
            " ended, so that neither can go on with it."
        ),
        "When: {when}\nBegun on: {other}\nLast tried on: {where}",
        (
            "If both were you, for example after you copied or restored a browser or a phone, log"
            " in again:\n{login}"
        ),
        (
            "If one was not you, somebody else had your login. Choose a new password here, which"
            " logs out all devices:\n{forgot}"
        ),
        LOOK_THROUGH,
    ),
)
