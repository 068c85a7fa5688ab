"""The closed set of what can go wrong, as others see it."""

import pytest

from doorward import ConfigurationError, DoorwardError, Reason, Rejected, StoreUnavailable
from doorward.errors import EXPLANATIONS


def test_every_reason_has_a_fixed_sentence_and_a_stable_word() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert {reason.value for reason in Reason} == {reason.name.lower() for reason in Reason}
    assert all(text.endswith(".") for text in EXPLANATIONS.values())


def test_a_rejection_shows_its_sentence_and_keeps_its_detail_for_logs() -> None:
    refused = Rejected(Reason.REUSED, "seen twice", max_age=300)
    assert str(refused) == EXPLANATIONS[Reason.REUSED]
    assert (refused.reason, refused.detail, refused.max_age) == ("reused", "seen twice", 300)


@pytest.mark.parametrize("kind", [Rejected, StoreUnavailable, ConfigurationError])
def test_a_store_that_is_down_is_no_rejection(kind: type[DoorwardError]) -> None:
    assert issubclass(kind, DoorwardError)
    assert not issubclass(StoreUnavailable, Rejected)
