"""How long a stolen credential works."""

from http.cookies import SimpleCookie

from ..contender import Contender
from ..row import Row


def lifetime(contender: Contender) -> int:
    """Seconds that the credential of a login says it lives, without a refresh token."""
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
    title="A stolen credential works for",
    explained="Whoever has the credential is its owner, until it expires or somebody ends it."
    " This is how long that takes when nobody notices and it is used all the time.",
    how="What the answer of a real login says: Max-Age of its cookie, or expires_in. A refresh"
    " token is another row.",
    measure=lifetime,
)
