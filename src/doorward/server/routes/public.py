"""Answers that scripts of every origin may read, without cookies."""

PUBLIC = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
"""The headers of such an answer."""

PREFLIGHT = PUBLIC | {"access-control-allow-headers": "*"}
"""And of the answer to the preflight of a script that adds a header."""
