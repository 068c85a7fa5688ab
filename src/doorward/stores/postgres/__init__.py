"""A store in PostgreSQL: durable, shared by any number of nodes."""

from .store import PostgresStore as PostgresStore
