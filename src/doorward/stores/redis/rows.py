"""Sessions and keys as JSON text, and back.

Numbers stand in it as text: the server's JSON keeps fourteen digits of a number.
"""

import json
from typing import cast

from ...types import Device, Session, SigningKey
from ..rows import NUMBERS, TEXTS, Draft, name_set, name_tuple, names

_read = json.JSONDecoder().raw_decode
"""As `json.loads`, which first asks for the encoding and last for what follows."""


def session(text: bytes) -> Session:
    """A session from its row."""
    row, _ = _read(text.decode())
    revoked_at, roles, scopes, secret, previous, amr, previous_amr, *plain = row[18:]
    address, user_agent, label, attributes = plain[:4]  # only the scripts read the next
    # not by `rows.session`, for which a second row would have to be put together first
    made = Draft(
        *row[:5],
        *map(int, row[5:18]),
        None if revoked_at is None else int(revoked_at),
        bytes.fromhex(secret),
        None if previous is None else bytes.fromhex(previous),
        plain[5] if len(plain) > 5 else "",
        name_set(roles),
        name_set(scopes),
        name_tuple(amr),
        name_tuple(previous_amr),
        Device(address, user_agent, label),
        {} if attributes == "{}" else json.loads(attributes),
    )
    made.__class__ = Session
    return cast(Session, made)


def session_text(session: Session) -> str:
    """What stands in a row."""
    previous = session.previous_secret_hash
    row = [
        *(getattr(session, field) for field in TEXTS),
        *(str(getattr(session, field)) for field in NUMBERS),
        None if session.revoked_at is None else str(session.revoked_at),
        names(session.roles),
        names(session.scopes),
        session.secret_hash.hex(),
        None if previous is None else previous.hex(),
        json.dumps(session.amr),
        json.dumps(session.previous_amr),
        session.device.address,
        session.device.user_agent,
        session.device.label,
        json.dumps(dict(session.attributes)),
    ]
    if session.audience:  # behind the place that the scripts fill
        row += ["", session.audience]
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def signing_key(text: bytes) -> SigningKey:
    """A key from its JSON text."""
    fields = json.loads(text)
    sealed = fields.pop("sealed_private")
    return SigningKey(sealed_private=None if sealed is None else bytes.fromhex(sealed), **fields)


def key_text(key: SigningKey) -> str:
    """A key as JSON text; its private part is sealed already."""
    return json.dumps(
        {
            "kid": key.kid,
            "algorithm": key.algorithm,
            "public_jwk": key.public_jwk,
            "sealed_private": None if key.sealed_private is None else key.sealed_private.hex(),
            "created_at": key.created_at,
            "signs_from": key.signs_from,
            "withdrawn_at": key.withdrawn_at,
        }
    )
