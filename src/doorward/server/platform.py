"""Variables that a platform sets for its own purposes, and that only look like ours.

For a Service named `doorward`, Kubernetes sets `DOORWARD_PORT=tcp://10.96.0.17:8000` and others in
every pod of its namespace, and so do container links (`enableServiceLinks: false` turns it off).
"""

import re

_NAME = re.compile(
    r"\w+_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)"
)
_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://\S+:\d+")


def is_platforms(name: str, value: str) -> bool:
    """Whether this variable says where a service of the platform is."""
    address = name.endswith("_PORT") and _ADDRESS.fullmatch(value)
    return bool(_NAME.fullmatch(name) or address)
