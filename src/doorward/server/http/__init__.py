"""HTTP below the routes: connections, protocol, limits, headers, error answers, workers."""
