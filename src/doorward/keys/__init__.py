"""The keys room, the only user of a crypto library: sign and verify, rotate, seal, publish."""

from .jwk import thumbprint as thumbprint
from .jws import verify_jws as verify_jws
from .proof import verify_key_proof as verify_key_proof
from .ring import Keyring as Keyring
from .root import RootKeys as RootKeys
from .root import load_root_keys as load_root_keys
from .root import root_key_path as root_key_path
from .rotation import LINES as LINES
from .rotation import first_keys as first_keys
from .rotation import rotated as rotated
from .rotation import scheduled as scheduled
from .rotation import signer_at as signer_at
from .rotation import withdrawn as withdrawn
from .seal import Seal as Seal

__all__ = [
    "LINES",
    "Keyring",
    "RootKeys",
    "Seal",
    "first_keys",
    "load_root_keys",
    "root_key_path",
    "rotated",
    "scheduled",
    "signer_at",
    "thumbprint",
    "verify_jws",
    "verify_key_proof",
    "withdrawn",
]
