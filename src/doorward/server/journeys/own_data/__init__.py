"""Download what the server holds about one's own account, and delete the account."""

from ...audit.kinds import Kind
from ...journey import Journey
from ...ui.notice import Notice
from . import api, mail, pages

journey = Journey(
    routers=(api.router, pages.router),
    events={
        "data_downloaded": Kind("Account data downloaded"),
        "deletion_begun": Kind("Account deleted by its owner", covers=("revoked",)),
        "deletion_undone": Kind("Deletion undone by a login"),
        "user_erased": Kind("Account erased", covers=("revoked",)),
    },
    letters={
        "data_downloaded": mail.DATA_DOWNLOADED,
        "deletion_begun": mail.DELETION_BEGUN,
        "deletion_undone": mail.DELETION_UNDONE,
    },
    notices={
        "deleted": Notice(
            "Your account is deleted, and will be erased in seven days. Log in before then to keep"
            " it."
        )
    },
)
