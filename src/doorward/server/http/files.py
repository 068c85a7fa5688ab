"""The file descriptors of a process, which connections of clients and of the database share."""

import sys

from .connection import MAX_CONNECTIONS

OTHERS = 200
"""Descriptors for the database, the log, and connections that are accepted before room is made."""

FEWEST = 16
"""The least number of connections, however few descriptors there may be."""

if sys.platform == "win32":

    def max_connections() -> int:
        return MAX_CONNECTIONS

else:
    import resource

    def max_connections() -> int:
        """How many connections there may be.  Raises the soft limit of descriptors as far as it is
        needed and the hard limit allows."""
        files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files != resource.RLIM_INFINITY and files < MAX_CONNECTIONS + OTHERS:
            wanted = MAX_CONNECTIONS + OTHERS
            files = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
            return max(FEWEST, min(MAX_CONNECTIONS, files - OTHERS))
        return MAX_CONNECTIONS
