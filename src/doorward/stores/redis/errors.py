"""What an error of the server may say."""

_REPEATED = ", with args beginning with"


def without_arguments(error: BaseException) -> None:
    """Remove what a server repeats of a command that it does not know, as where `rename-command`
    took it away: of AUTH, that is the password, and of a script, what it was to write."""
    if _REPEATED in (text := str(error)):
        error.args = (text.partition(_REPEATED)[0],)
