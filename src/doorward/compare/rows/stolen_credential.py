"""How long a stolen credential works."""

from http.cookies import SimpleCookie

from ..contender import Contender
from ..row import Row


def lifetime(contender: Contender) -> int:
    """Seconds to the expiry of a login's credential, as its answer says; not of a refresh token."""
    if not contender.uses_cookies:
        return int(contender.log_in().answer.json()["expires_in"])
    found = [
        int(morsel["max-age"])
        for cookie in contender.log_in().answer.all("set-cookie")
        for name, morsel in SimpleCookie(cookie).items()
        if "refresh" not in name and "device" not in name
    ]
    return max(found)


ROW = Row(
    id="stolen-credential",
    topic="Theft",
    unit="s",
    title="Life of a stolen credential",
    explained="A stolen credential works until it expires or somebody ends it."
    " This is the time to its expiry if the thief uses it all the time.",
    how="The Max-Age of the cookie, or expires_in, in the answer to a real login. A stolen refresh"
    " token has its own row.",
    measure=lifetime,
)
