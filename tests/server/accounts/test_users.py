"""Users: one for each address, changed in single steps."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from doorward.server.accounts.account_events import waiting
from doorward.server.accounts.email import InvalidEmail
from doorward.server.accounts.role_names import InvalidRole
from doorward.server.accounts.user import EmailTaken, User
from doorward.server.accounts.user_list import EVERYBODY, Wanted
from doorward.server.accounts.users import Users, new_subject
from doorward.server.db.database import Database, open_database
from doorward.settings import MAX_ROLE_BYTES
from tests.server.databases import KINDS, new_url

pytestmark = pytest.mark.anyio

NOBODY = "u_00000000000000000000000000000000"


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(new_url(request.param, request, tmp_path))
    yield opened
    await opened.close()


@pytest.fixture
def users(database: Database) -> Users:
    return Users(database)


async def test_a_created_user_is_found_by_address_and_by_subject(users: Users) -> None:
    ann = await users.create("Ann@Example.test", "hash", frozenset({"admin", "editor"}), at=7)
    assert ann == User(
        subject=ann.subject,
        email="ann@example.test",
        password_hash="hash",
        roles=frozenset({"admin", "editor"}),
        locked_at=None,
        created_at=7,
        password_changed_at=7,
    )
    for found in (
        await users.by_email("ANN@example.TEST"),
        await users.by_subject(ann.subject),
        await users.find("ann@EXAMPLE.test"),
        await users.find(ann.subject),
    ):
        assert found == ann


async def test_many_are_added_at_once_but_those_whose_address_has_an_account(
    users: Users, database: Database
) -> None:
    ann = await users.create("ann@example.test", None, at=1)
    ben = replace(ann, subject=new_subject(), email="ben@example.test", locked_at=3, verified_at=4)
    boss = replace(ben, subject=new_subject(), email="x@example.test", roles=frozenset({"admin"}))
    many = [replace(ann, subject=NOBODY), ben, boss]
    taken = {ann.email: ann.subject}
    assert await users.add_link("link")
    assert await users.taken(many) == await users.add_many(many) == taken
    assert await users.by_subject(NOBODY) is None
    assert await users.by_email(ben.email) == ben
    assert await users.by_email(boss.email) == boss
    assert await users.has_link("link"), "a locked user administers nothing"
    told = {(event.subject, event.kind) for event in await waiting(database)}
    assert told == {(each.subject, "created") for each in (ann, ben, boss)}
    boss = replace(boss, subject=NOBODY, email="y@b.test", locked_at=None)
    assert await users.add_many([boss]) == {}
    assert not await users.has_link("link")


async def test_a_subject_is_random_and_says_nothing_about_the_person(users: Users) -> None:
    made = [await users.create(f"ann{n}@example.test", None, at=1) for n in range(20)]
    assert len({user.subject for user in made}) == 20
    assert all(re.fullmatch(r"u_[0-9a-f]{32}", user.subject) for user in made)


async def test_a_hash_is_not_shown_when_a_user_is_printed(users: Users) -> None:
    assert "sEcReT" not in repr(await users.create("ann@example.test", "sEcReT", at=1))


async def test_a_user_without_a_password_has_no_hash(users: Users) -> None:
    assert (await users.create("ann@example.test", None, at=1)).password_hash is None


@pytest.mark.parametrize("who", ["", "nobody", "ben@example.test", "ann@", "@", "ann@x\0", NOBODY])
async def test_an_absent_user_is_none(users: Users, who: str) -> None:
    await users.create("ann@example.test", None, at=1)
    assert await users.find(who) is None
    assert await users.by_email(who) is None
    assert await users.by_subject(who) is None


async def test_a_subject_with_an_at_sign_or_a_quote_finds_nobody(users: Users) -> None:
    await users.create("ann@example.test", None, at=1)
    for trick in ("' OR '1'='1", "%", "u_%", "ann@example.test' --"):
        assert await users.find(trick) is None


@pytest.mark.parametrize(
    "again", ["ann@example.test", "ANN@EXAMPLE.TEST", "ann@\uff45xample.test", "\uff41nn@x.test"]
)
async def test_an_address_in_another_spelling_makes_no_second_user(
    users: Users, again: str
) -> None:
    ann = await users.create("ann@example.test", "hash", at=1)
    with pytest.raises((EmailTaken, InvalidEmail)):
        await users.create(again, "another", at=2)
    assert await users.list() == [ann]


async def test_of_many_who_sign_up_with_one_address_one_gets_it(users: Users) -> None:
    attempts = [users.create("ann@example.test", f"hash {n}", at=1) for n in range(20)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    made = [outcome for outcome in outcomes if isinstance(outcome, User)]
    assert len(made) == 1
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 19
    assert await users.list() == made


async def test_a_new_password_replaces_the_old_and_notes_when(users: Users) -> None:
    ann = await users.create("ann@example.test", "old", at=1)
    changed = await users.set_password(ann.subject, "new", old="old", at=9)
    assert changed == await users.by_subject(ann.subject)
    assert changed is not None
    assert (changed.password_hash, changed.password_changed_at) == ("new", 9)
    assert changed.created_at == 1


async def test_of_many_new_passwords_chosen_beside_the_old_one_stands(users: Users) -> None:
    ann = await users.create("ann@example.test", None, at=1)
    for old in (None, "first"):
        tries = [users.set_password(ann.subject, f"{old}{n}", old=old, at=9) for n in range(8)]
        (won,) = [user for user in await asyncio.gather(*tries) if user is not None]
        assert await users.by_subject(ann.subject) == won
        await users.set_password(ann.subject, "first", old=won.password_hash, at=9)


async def test_a_rehash_keeps_the_time_of_the_password(users: Users) -> None:
    ann = await users.create("ann@example.test", "weak", at=1)
    assert await users.rehash(ann.subject, "weak", "strong")
    after = await users.by_subject(ann.subject)
    assert after is not None
    assert (after.password_hash, after.password_changed_at) == ("strong", 1)


async def test_a_rehash_never_undoes_a_password_change(users: Users) -> None:
    ann = await users.create("ann@example.test", "old", at=1)
    await users.set_password(ann.subject, "new", old="old", at=2)
    assert not await users.rehash(ann.subject, "old", "old, stronger")
    after = await users.by_subject(ann.subject)
    assert after is not None
    assert after.password_hash == "new"


async def test_a_locked_user_stays_readable_and_keeps_the_first_time(users: Users) -> None:
    ann = await users.create("ann@example.test", "hash", at=1)
    await users.lock(ann.subject, at=5)
    await users.lock(ann.subject, at=6)
    locked = await users.by_email("ann@example.test")
    assert locked is not None
    assert locked.locked_at == 5
    assert await users.unlock(ann.subject) == locked
    assert await users.settle(ann.subject, locked.decided)
    free = await users.unlock(ann.subject)
    assert free == replace(ann, decided=2, settled=2)


async def test_roles_are_set_as_a_whole(users: Users) -> None:
    ann = await users.create("ann@example.test", None, frozenset({"admin"}), at=1)
    roles = frozenset({"editor", "shop:read", "a.b/c-d_E9", "x" * 64})
    changed = await users.set_roles(ann.subject, roles)
    assert changed is not None
    assert changed.roles == roles
    assert await users.set_roles(ann.subject, frozenset()) == await users.by_subject(ann.subject)
    assert (await users.list())[0].roles == frozenset()


@pytest.mark.parametrize(
    "role", ["", "x" * 65, "two words", "näme", "-x", "a,b", 'a"b', "a\n", "a\0", "admin\u200d"]
)
async def test_a_name_outside_the_alphabet_is_no_role(users: Users, role: str) -> None:
    ann = await users.create("ann@example.test", None, at=1)
    with pytest.raises(InvalidRole):
        await users.set_roles(ann.subject, frozenset({"good", role}))
    with pytest.raises(InvalidRole):
        await users.create("ben@example.test", None, frozenset({role}), at=1)
    assert await users.list() == [ann]


async def test_a_user_has_only_as_many_roles_as_a_token_can_carry(users: Users) -> None:
    ann = await users.create("ann@example.test", None, at=1)
    most = frozenset(f"role{n:05}" for n in range(MAX_ROLE_BYTES // len('"role00000", ')))
    assert await users.set_roles(ann.subject, most) is not None
    with pytest.raises(InvalidRole, match="too many"):
        await users.set_roles(ann.subject, most | {"role99998", "role99999"})


async def test_a_change_touches_nobody_else(users: Users) -> None:
    ann = await users.create("ann@example.test", "hash", at=1)
    ben = await users.create("ben@example.test", "hash", at=1)
    await users.set_password(ann.subject, "new", old="hash", at=2)
    await users.rehash(ann.subject, "new", "newer")
    await users.lock(ann.subject, at=2)
    await users.set_roles(ann.subject, frozenset({"admin"}))
    await users.delete(ann.subject)
    assert await users.list() == [ben]


async def test_a_change_to_nobody_says_so(users: Users) -> None:
    assert await users.set_password(NOBODY, "hash", old=None, at=1) is None
    assert await users.lock(NOBODY, at=1) is None
    assert await users.unlock(NOBODY) is None
    assert await users.set_roles(NOBODY, frozenset()) is None
    assert not await users.rehash(NOBODY, "old", "new")
    assert not await users.delete(NOBODY)


async def test_a_deleted_user_is_gone_and_the_address_is_free_for_another_subject(
    users: Users,
) -> None:
    ann = await users.create("ann@example.test", "hash", at=1)
    assert await users.delete(ann.subject)
    assert await users.find(ann.subject) is None
    again = await users.create("ann@example.test", "hash", at=2)
    assert again.subject != ann.subject


async def test_a_list_goes_on_where_it_stopped_though_users_come_and_go(users: Users) -> None:
    for name in "ecadb":
        await users.create(f"{name}@example.test", None, at=1)
    assert await users.count() == 5
    first = await users.list(limit=2)
    assert [user.email[0] for user in first] == ["a", "b"]
    await users.delete(first[-1].subject)
    await users.create("aa@example.test", None, at=2)
    second = await users.list(after=first[-1].email, limit=2)
    assert [user.email[0] for user in second] == ["c", "d"]
    assert [user.email[0] for user in await users.list(after=second[-1].email)] == ["e"]
    assert await users.list(after="e@example.test") == []


async def test_a_list_of_the_newest_goes_on_where_it_stopped(users: Users) -> None:
    newest = Wanted(newest=True)
    for at, name in enumerate("ecadb", start=8):
        await users.create(f"{name}@example.test", None, at=at - at % 2)
    first = await users.list(limit=3, wanted=newest)
    assert [user.email[0] for user in first] == ["b", "d", "a"]
    assert await users.delete(first[-1].subject)
    rest = await users.list(newest.mark(first[-1]), wanted=newest)
    assert [user.email[0] for user in rest] == ["e", "c"]
    assert await users.list("8.", wanted=newest) == []
    assert await users.list("no mark of this order", wanted=newest) == [*first[:2], *rest]


async def test_a_list_holds_those_of_a_role_and_those_who_are_locked_and_counts_them(
    users: Users,
) -> None:
    ann = await users.create("ann@example.test", None, frozenset({"staff", "admin"}), at=1)
    ben = await users.create("ben@example.test", None, frozenset({"staff2"}), at=1)
    locked = await users.lock(ann.subject, at=2)
    assert await users.list(wanted=Wanted(role="staff")) == [locked]
    assert await users.list(wanted=Wanted(role='staff"')) == []
    assert await users.list(wanted=Wanted(locked=True)) == [locked]
    assert await users.list(wanted=Wanted(locked=False)) == [ben]
    assert await users.count_wanted("", EVERYBODY, 9) == 2
    assert await users.count_wanted("", EVERYBODY, 1) == 1
    assert await users.count_wanted("ann@", Wanted(role="admin", locked=True), 9) == 1
    assert await users.count_wanted("ben@", Wanted(role="admin"), 9) == 0


async def test_a_subject_finds_nobody_whom_the_role_or_the_state_leaves_out(users: Users) -> None:
    ann = await users.create("ann@example.test", None, frozenset({"staff"}), at=1)
    for wanted in (EVERYBODY, Wanted(role="staff"), Wanted(locked=False)):
        assert await users.list(query=ann.subject, wanted=wanted) == [ann]
    for wanted in (Wanted(role="admin"), Wanted(locked=True), Wanted("staff", locked=True)):
        assert await users.list(query=ann.subject, wanted=wanted) == []


async def test_people_are_found_by_a_word_of_their_domain_in_any_spelling(users: Users) -> None:
    for email in ("ann@müller.test", "müller@example.test", "ben@muller.test"):
        await users.create(email, None, at=1)
    for query in ("müller", "MÜLLER", "mu\u0308ller"):
        found = [user.email for user in await users.list(query=query)]
        assert found == ["ann@xn--mller-kva.test", "müller@example.test"]
    assert [user.email for user in await users.list(query="ann@müller.t")] == [
        "ann@xn--mller-kva.test"
    ]
    assert await users.list(query="%") == []


async def test_white_space_around_who_is_meant_does_not_matter(users: Users) -> None:
    ann = await users.create(" ann@example.test ", None, at=1)
    assert await users.find(f" {ann.subject}\n") == ann
    assert await users.find("ann@example.test ") == ann
