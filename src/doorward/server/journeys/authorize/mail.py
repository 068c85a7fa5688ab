"""The letter about an application that was given access to an account."""

from ...mail.letter import IF_YOU, NOT_YOU, Template

CONNECTED = Template(
    "An application was given access to your account",
    (
        "An application was given access to your account at {site}.",
        "Application: {application}\nWhen: {when}\nOn: {where}",
        (
            f"{IF_YOU} What it may do, and a button that ends its access, are on this page:"
            "\n{applications}"
        ),
        NOT_YOU,
    ),
)
