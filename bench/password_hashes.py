"""How long a password takes against each form of hash that can be imported, beside our own.

    python bench/password_hashes.py

Printed: a table of milliseconds, the least of several, one hash at a time; then what the
most expensive hash takes that is accepted.
"""

import base64
import os
import time

from doorward import password_hashes as known
from doorward.passwords import Cost

ROUNDS = 7
SECRET = b"correct horse battery"


def argon2(memory_kib: int, passes: int, lanes: int) -> str:
    return f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${random64(16)}${random64(32)}"


def random64(size: int) -> str:
    return base64.b64encode(os.urandom(size)).decode().rstrip("=")


def bcrypt(cost: int) -> str:
    return f"$2b${cost:02}${'.' * 53}"


def pbkdf2(iterations: int) -> str:
    return f"pbkdf2:sha256:{iterations}$salt${os.urandom(32).hex()}"


def scrypt(n: int, r: int, p: int) -> str:
    return f"scrypt:{n}:{r}:{p}$salt${os.urandom(64).hex()}"


OURS = Cost()
FORMS = {
    "ours: Argon2id, 19 MiB, 2 passes": argon2(OURS.memory_kib, OURS.passes, 1),
    "fastapi-users: Argon2id, 64 MiB, 3 passes, 4 lanes": argon2(65_536, 3, 4),
    "bcrypt, cost 12": bcrypt(12),
    "Django 5.2: PBKDF2, 1,000,000 iterations": pbkdf2(1_000_000),
    "Django: scrypt, n 16,384, r 8, p 5": scrypt(2**14, 8, 5),
    "Django: Argon2id, 100 MiB, 2 passes, 8 lanes": argon2(102_400, 2, 8),
    "Werkzeug: scrypt, n 32,768, r 8, p 1": scrypt(2**15, 8, 1),
}
DEAREST = {
    "Argon2id": argon2(known.MAX_MEMORY_KIB, known.MAX_PASSES_KIB // known.MAX_MEMORY_KIB, 1),
    "bcrypt": bcrypt(known.MAX_BCRYPT_COST),
    "PBKDF2": pbkdf2(known.MAX_ITERATIONS),
    "scrypt": scrypt(2**18, 8, 2),
}


def milliseconds(hashed: str, rounds: int) -> float:
    parsed, times = known.parse(hashed), []
    for _ in range(rounds):
        began = time.perf_counter()
        parsed.matches(SECRET)
        times.append(time.perf_counter() - began)
    return min(times) * 1000


if __name__ == "__main__":
    for name, hashed in FORMS.items():
        print(f"| {name} | {milliseconds(hashed, ROUNDS):.0f} |")
    for name, hashed in DEAREST.items():
        print(f"| the most that is accepted: {name} | {milliseconds(hashed, 1):.0f} |")
