"""The browser that attacks share."""

from threading import Event

import pytest

from doorward.attack import browser
from doorward.attack.browser import CHROMIUM, Chromium
from doorward.attack.verdict import Verdict, held

pytestmark = pytest.mark.process


def test_steps_that_hang_are_given_up_and_the_next_get_another_browser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released, chromium = Event(), Chromium()

    def hang(context: object) -> Verdict:
        released.wait()
        return held("late")

    with monkeypatch.context() as patch:
        patch.setattr(browser, "LONGEST", 0.01)
        with pytest.raises(TimeoutError, match="was not done within"):
            chromium.run(hang)
    assert chromium.run(lambda context: held("in time")) == held("in time")
    released.set()
    chromium.close()


def test_what_the_steps_raise_is_raised() -> None:
    def broken(context: object) -> Verdict:
        raise TimeoutError("of their own")

    with pytest.raises(TimeoutError, match="of their own"):
        CHROMIUM.run(broken)
