"""One test for each attack, for an application of your own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from ..attack.adapted import Adapted
from ..attack.catalogue import chosen
from ..attack.lab import Instance
from ..attack.runner import Plan, Run, attack_instance
from ..attack.serving import any_application, served
from ..attack.target import Account, Unusable

Attacked = Callable[[Any, dict[str, str]], Instance]


def tests_of(
    app: Any, routes: dict[str, str], people: Sequence[tuple[str, str]], only: str | None
) -> Callable[..., None]:
    """The tests that `doorward.testing.attacks` returns."""
    import pytest

    @pytest.mark.parametrize("attack", chosen(only), ids=lambda attack: attack.id)
    def test(attack: Any, attacked: Attacked) -> None:
        run = Run()
        plan = Plan([attack], people=[Account(*each, subject="") for each in people])
        try:
            attack_instance(run, attacked(app, routes), plan, lambda *_: None)
        except Unusable as unusable:
            pytest.fail(f"{unusable} ({asked(routes)})", pytrace=False)
        said = [f"{row.mode}: {row.verdict.why if row.verdict else row.error}" for row in run.rows]
        if run.status:
            came = "it succeeded" if run.succeeded else "it broke down"
            pytest.fail(f"{attack.title}: {came}. {' '.join(said)}", pytrace=False)
        if all(row.verdict and row.verdict.outcome == "not_applicable" for row in run.rows):
            pytest.skip(" ".join(said))

    found: Callable[..., None] = test
    return found


def asked(routes: dict[str, str]) -> str:
    """Which routes of the application were asked, for whoever named a wrong one."""
    return ", ".join(f"{known.rpartition('/')[2]}={own!r}" for known, own in routes.items())


@contextmanager
def serving_for_attacks() -> Iterator[Attacked]:
    """Serves each application once, on a free loopback port, while this is entered."""
    with ExitStack() as stack:
        serving: dict[int, Instance] = {}

        def start(app: Any, routes: dict[str, str]) -> Instance:
            if id(app) not in serving:
                adapted = any_application(Adapted(app, routes))
                port = stack.enter_context(served(lambda _: adapted))
                serving[id(app)] = Instance.at(f"http://localhost:{port}", adapted=True)
            return serving[id(app)]

        yield start
