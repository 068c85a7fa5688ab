"""The one person of Doorward's applications, her password hashed by Argon2id at the first login."""

from doorward.passwords import Passwords

from .catalogue import PASSWORD, USERNAME


class Account:
    def __init__(self) -> None:
        self._passwords = Passwords()
        self._hashes: dict[str, str] = {}

    async def opens(self, username: str, password: str) -> bool:
        """Whether this is her name and her password."""
        if not self._hashes:
            self._hashes[USERNAME] = await self._passwords.hash(PASSWORD)
        return await self._passwords.verify(password, self._hashes.get(username))
