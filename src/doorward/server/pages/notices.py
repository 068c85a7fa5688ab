"""News that a page tells after a redirect: the address carries a word, never the sentence."""

from fastapi import Request

_NOTICES = {
    "logout": "You are logged out.",
    "password": "Your password was changed, and every other place was logged out.",
    "ended": "That place is logged out.",
    "others": "Every other place is logged out.",
    "reset": "Your new password is set. Log in with it.",
    "confirmed": "Thank you; it is you.",
}


def notice(request: Request) -> str:
    """The sentence for `?done=WORD`, or empty."""
    return _NOTICES.get(request.query_params.get("done", ""), "")
