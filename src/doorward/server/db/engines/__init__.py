"""The databases that can hold the server's tables, one file each."""
