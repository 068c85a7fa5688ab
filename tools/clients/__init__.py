"""Other people's programs, unmodified, that log in with Doorward."""
