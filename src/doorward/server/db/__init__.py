"""The server's own databases: their URLs, engines, schema and migrations."""
