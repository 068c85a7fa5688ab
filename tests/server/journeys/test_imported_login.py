"""The first login of imported accounts: by the old password, and by its old hash only once."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from doorward.password_hashes import parse
from doorward.passwords import CHEAP
from tests.cli.desk import Desk
from tests.server.house import House, Opened, login

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
HASHES = json.loads((ROOT / "tests/data/password_hashes.json").read_text())["hashes"]
MADE = [made["hash"] for made in HASHES if made["password"] == "correct horse"]
"""One of each form."""

OURS = f"$argon2id$v=19$m={CHEAP.memory_kib},t={CHEAP.passes},p=1$"


class Person(NamedTuple):
    email: str
    password: str


async def check_first_login(house: House, number: int, person: Person) -> None:
    """A wrong password is refused, the old one logs in and is hashed anew, and does so again."""
    address = f"10.0.{number >> 8}.{number & 255}"  # the limits count by address
    user = await house.service.users.by_email(person.email)
    assert user is not None
    client = await house.client(address=address)
    wrong = await login(client, f"{person.password}x"[1:], email=person.email)
    assert (wrong.status_code, wrong.json()["reason"]) == (401, "invalid_credentials")
    assert await house.service.users.by_email(person.email) == user
    for _ in range(2):
        client = await house.client(address=address)
        assert (await login(client, person.password, email=person.email)).status_code == 200
        after = await house.service.users.by_email(person.email)
        assert after is not None
        assert (after.password_hash or "").startswith(OURS), user.password_hash


def imported(folder: Path, *words: str) -> Desk:
    """A desk at whose database accounts were imported."""
    desk = Desk(folder, f"sqlite:///{folder}/doorward.db", folder / "root.key")
    done = desk.run("users", "import", *words)
    assert "Imported" in done.out, done.err
    return desk


async def test_the_old_password_of_each_form_logs_in_once_by_the_old_hash(
    opened: Opened, tmp_path: Path
) -> None:
    file, people = tmp_path / "accounts.jsonl", []
    with file.open("w") as lines:
        for number, hashed in enumerate(MADE):
            email = f"a{number}@example.test"
            people.append(Person(email, "correct horse"))
            lines.write(json.dumps({"email": email, "password_hash": hashed}) + "\n")
    desk = imported(tmp_path, str(file), "--from", "jsonl")
    house = await opened(database=desk.database)
    for number, person in enumerate(people):
        await check_first_login(house, number, person)


async def test_who_was_inactive_or_had_no_password_stays_out(
    opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(
        f"email,password_hash,locked\nlocked@example.test,{MADE[0]},yes\nbare@example.test,!,\n"
    )
    house = await opened(database=imported(tmp_path, str(file), "--from", "csv").database)
    for email in ("locked@example.test", "bare@example.test"):
        for password in ("correct horse", "!", ""):
            answer = await login(await house.client(), password, email=email)
            assert answer.status_code in (401, 422), (email, password)


# --- ten thousand of each -----------------------------------------------------------------------

COUNT, OF_EACH = 10_000, 50

OLD = "the password of user {}"

COSTLY = {
    "fastapi-users": [n for n in range(130) if n % 10 != 7],
    "django": [n for n in range(510) if n % 10 not in (7, 9)],
    "jsonl": [*range(2 * OF_EACH)],
}
"""Who has a hash at the library's own cost, and can log in: Werkzeug's accounts are in a file."""

EMAIL = {
    "fastapi-users": "user{}@example.org",
    "django": "django{}@example.org",
    "jsonl": "w{}@example.test",
}

FORMS = [
    *(("fastapi-users", scheme) for scheme in ("argon2id", "bcrypt")),
    *(("django", scheme) for scheme in ("pbkdf2_sha256", "pbkdf2_sha1", "scrypt", "argon2id")),
    *(("django", scheme) for scheme in ("bcrypt_sha256", "bcrypt")),
    *(("jsonl", scheme) for scheme in ("scrypt", "pbkdf2_sha256")),
]


def make_source(kind: str, file: Path) -> str:
    """Have the real library make its accounts; what `doorward users import` takes."""
    if kind == "django":
        django = [sys.executable, "-m", "tests.support.django_users"]
        subprocess.run([*django, str(file), str(COUNT), "510"], check=True, cwd=ROOT)
        return f"sqlite:///{file}"
    peers = ROOT / "bench" / "peers"
    subprocess.run([sys.executable, str(peers / "environment.py")], check=True)
    made = [str(peers / ".venv" / "bin" / "python"), str(peers / "imported.py")]
    if kind == "jsonl":
        subprocess.run([*made, "werkzeug", str(file), str(OF_EACH)], check=True)
        return str(file)
    subprocess.run([*made, "fastapi-users", str(file), str(COUNT)], check=True)
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Desk]:
    """The desk of each kind, at whose database its accounts were imported once."""

    @cache
    def desk_of(kind: str) -> Desk:
        folder = tmp_path_factory.mktemp(kind)
        source = make_source(kind, folder / "source")
        desk = imported(folder, source, "--from", kind, "--map", "map.csv")
        total = len((folder / "map.csv").read_text().splitlines()) - 1
        assert total == (2 * OF_EACH if kind == "jsonl" else COUNT)
        return desk

    return desk_of


@pytest.mark.soak
@pytest.mark.process
@pytest.mark.parametrize(("kind", "scheme"), FORMS)
async def test_fifty_of_each_form_at_its_own_cost(
    opened: Opened, desks: Callable[[str], Desk], kind: str, scheme: str
) -> None:
    house: House = await opened(database=desks(kind).database)
    tried = 0
    for number in COSTLY[kind]:
        user = await house.service.users.by_email(EMAIL[kind].format(number))
        assert user is not None
        assert user.password_hash is not None
        if parse(user.password_hash).scheme == scheme and tried < OF_EACH:
            tried += 1
            await check_first_login(house, number, Person(user.email, OLD.format(number)))
    assert tried == OF_EACH
