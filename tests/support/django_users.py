"""A database with users that Django made.

    python -m tests.support.django_users FILE COUNT COSTLY

Their hashes are of Django's six kinds in turn; the first COSTLY have the cost that Django takes
by itself.  The password of user N is `password(N)`.  Of each ten, one is inactive, one a superuser,
one has the address as the name alone, and one cannot log in by password.
"""

import sys
from typing import Any

KINDS = ("pbkdf2_sha256", "pbkdf2_sha1", "scrypt", "argon2", "bcrypt_sha256", "bcrypt")


def password(number: int) -> str:
    return f"the password of user {number}"


def make(file: str, count: int, costly: int) -> None:
    import django
    from django.conf import settings
    from django.contrib.auth import hashers
    from django.core.management import call_command

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": file}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User

    dear = [make_hasher(hashers, kind) for kind in KINDS]
    cheap = [cheaper(make_hasher(hashers, kind)) for kind in KINDS]
    users = []
    for number in range(count):
        hasher = (dear if number < costly else cheap)[number % len(KINDS)]
        named = number % 10 == 6
        user = User(
            username=f"django{number}@example.org" if named else f"user {number}",
            email="" if named else f"Django{number}@Example.org",
            password=hashers.make_password(password(number), hasher=hasher),
            is_active=number % 10 != 7,
            is_superuser=number % 10 == 8,
        )
        if number % 10 == 9:
            user.set_unusable_password()
        users.append(user)
    User.objects.bulk_create(users)


def make_hasher(hashers: Any, kind: str) -> Any:
    names = {
        "pbkdf2_sha256": "PBKDF2",
        "pbkdf2_sha1": "PBKDF2SHA1",
        "scrypt": "Scrypt",
        "argon2": "Argon2",
        "bcrypt_sha256": "BCryptSHA256",
        "bcrypt": "BCrypt",
    }
    return getattr(hashers, f"{names[kind]}PasswordHasher")()


def cheaper(hasher: Any) -> Any:
    hasher.iterations, hasher.work_factor, hasher.rounds = 7, 16, 4
    hasher.memory_cost, hasher.time_cost = 64, 1
    return hasher


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
