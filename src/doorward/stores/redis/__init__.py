"""A store in Redis or Valkey: shared by any number of machines, as durable as its log."""

from .store import RedisStore as RedisStore
