"""A store in one SQLite file: durable, shared by the processes of one machine, nothing to run."""

from .store import SQLiteStore as SQLiteStore
