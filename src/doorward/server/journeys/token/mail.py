"""The letter about a code that was used twice."""

from ...mail.letter import Template

CODE_REUSED = Template(
    "The access of an application was ended",
    (
        (
            "An application that you had just allowed to use your account at {site} presented its"
            " code twice. The code may have been stolen on the way, so the access that it gave was"
            " ended."
        ),
        "Application: {application}\nWhen: {when}\nPresented by: {where}",
        "You need not change your password. To use the application, connect it again.",
        "If you do not know the application, end its access on this page:\n{applications}",
    ),
)
