"""The web: what of a request is believed, and what is said back.

`transport`, `origin`, `client` and `problem` are pure functions over ASGI-style headers: an
iterable of (lower-case name, value) byte pairs in, a list of such pairs out.
"""
