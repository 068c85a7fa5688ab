"""The first login of imported accounts: by the old password, and by its old hash only once."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
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


def made_by_fastapi_users(file: Path) -> Iterator[Person]:
    run_peer("fastapi-users", str(file), str(COUNT))
    for number in range(130):
        if number % 10 != 7:
            yield Person(f"user{number}@example.org", f"the password of user {number}")


def made_by_django(file: Path) -> Iterator[Person]:
    costly = 510
    make = [sys.executable, "-m", "tests.support.django_users", str(file), str(COUNT), str(costly)]
    subprocess.run(make, check=True, cwd=ROOT)
    for number in range(costly):
        if number % 10 not in (7, 9):
            yield Person(f"django{number}@example.org", f"the password of user {number}")


def made_by_werkzeug(file: Path) -> Iterator[Person]:
    run_peer("werkzeug", str(file), str(OF_EACH))
    for number in range(2 * OF_EACH):
        yield Person(f"w{number}@example.test", f"the password of user {number}")


def run_peer(*words: str) -> None:
    """Run `bench/peers/imported.py` in the environment of the peers, which is made if need be."""
    peers = ROOT / "bench" / "peers"
    subprocess.run([sys.executable, str(peers / "environment.py")], check=True)
    python = str(peers / ".venv" / "bin" / "python")
    subprocess.run([python, str(peers / "imported.py"), *words], check=True)


@pytest.mark.soak
@pytest.mark.process
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("kind", "make", "forms"),
    [
        ("fastapi-users", made_by_fastapi_users, {"argon2id", "bcrypt"}),
        (
            "django",
            made_by_django,
            {"pbkdf2_sha256", "pbkdf2_sha1", "scrypt", "argon2id", "bcrypt_sha256", "bcrypt"},
        ),
        ("jsonl", made_by_werkzeug, {"scrypt", "pbkdf2_sha256"}),
    ],
)
async def test_fifty_of_each_form_at_its_own_cost(
    opened: Opened,
    tmp_path: Path,
    kind: str,
    make: Callable[[Path], Iterator[Person]],
    forms: set[str],
) -> None:
    source = tmp_path / "source"
    people = list(make(source))
    url = str(source) if kind == "jsonl" else f"sqlite:///{source}"
    desk = imported(tmp_path, url, "--from", kind, "--map", "map.csv")
    total = len((tmp_path / "map.csv").read_text().splitlines()) - 1
    assert total == (2 * OF_EACH if kind == "jsonl" else COUNT)
    house: House = await opened(database=desk.database)
    tried: Counter[str] = Counter()
    for number, person in enumerate(people):
        user = await house.service.users.by_email(person.email)
        assert user is not None
        assert user.password_hash is not None
        tried[parse(user.password_hash).scheme] += 1
        await check_first_login(house, number, person)
    assert tried.keys() == forms
    assert min(tried.values()) >= OF_EACH
