"""Each connection is a file, and so is each of the database's; a process may open so many."""

import sys

from .connection import MAX_CONNECTIONS

OTHERS = 200
"""Files for the database, the log, and what is accepted before room is made."""

FEWEST = 16
"""Connections, however few files there may be."""

if sys.platform == "win32":

    def max_connections() -> int:
        return MAX_CONNECTIONS

else:
    import resource

    def max_connections() -> int:
        """How many connections there may be.  Raises the soft limit of files as far as it needs and
        the hard limit lets it."""
        files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files != resource.RLIM_INFINITY and files < MAX_CONNECTIONS + OTHERS:
            wanted = MAX_CONNECTIONS + OTHERS
            files = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
            return max(FEWEST, min(MAX_CONNECTIONS, files - OTHERS))
        return MAX_CONNECTIONS
