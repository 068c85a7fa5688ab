"""What stands between the network and the routes: bytes, bounds, headers, answers, processes."""
