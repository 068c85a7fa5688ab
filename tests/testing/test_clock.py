"""Time that moves only when a test says so."""

from doorward.testing import FakeClock


def test_time_stands_still_until_it_is_advanced() -> None:
    clock = FakeClock(1000)
    assert [clock(), clock()] == [1000, 1000]
    clock.advance(5)
    assert clock() == 1005


def test_two_clocks_agree_unless_told_otherwise() -> None:
    assert FakeClock()() == FakeClock()()
