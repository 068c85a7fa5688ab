"""What tests of an application, or of a store of one's own, may use.

`FakeClock`; `attacks`, one test an attack, `doorward.testing.client.Client` and the pytest fixture
`logged_in_as` for applications; `doorward.testing.contract.StoreContract` for stores.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .clock import FakeClock as FakeClock


def attacks(
    app: Any,
    *,
    login: str,
    me: str,
    signup: str = "",
    people: Sequence[tuple[str, str]] = (),
    logout: str = "",
    refresh: str = "",
    password: str = "",
    only: str | None = None,
) -> Callable[..., None]:
    """Tests for pytest, one for each attack on an ASGI application: `test_attacks = attacks(app,
    signup="/signup", login="/login", me="/me")`.

    The paths are those of the application.  `signup` and `login` take `email` and `password` as
    JSON; a login sets cookies or answers with `access_token`; `me` is for those who are logged in.
    `people` are two or more existing accounts, as pairs of `email` and `password`.  Attacks that
    need a path that is not given are skipped.  `only` chooses attacks by the beginnings of their
    ids, separated by commas.  Raises `ValueError` without `signup` and two
    `people`.
    """
    if not signup and len(people) < 2:
        raise ValueError(
            "attacks need accounts: name signup=, or two people=[(email, password), ...]"
        )
    from .attacked import tests_of

    own = {
        "/api/signup": signup,
        "/api/login": login,
        "/api/me": me,
        "/api/logout": logout,
        "/logout": logout,
        "/api/refresh": refresh,
        "/api/password": password,
    }
    return tests_of(app, {path: route for path, route in own.items() if route}, people, only)
