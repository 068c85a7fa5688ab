"""Settings: what is unsafe or cannot work does not construct."""

from dataclasses import fields
from typing import Any

import pytest

from doorward import ConfigurationError, Settings
from doorward.settings import DAY, is_loopback


def refusal(**fields: Any) -> str:
    with pytest.raises(ConfigurationError) as error:
        Settings(**fields)
    return str(error.value)


def test_the_defaults_are_safe_and_stand() -> None:
    settings = Settings()
    assert (settings.mode, settings.algorithm) == ("session", "ES256")
    assert (settings.access_ttl, settings.idle_ttl, settings.absolute_ttl) == (
        300,
        14 * DAY,
        30 * DAY,
    )
    assert (settings.grace, settings.touch_after, settings.retain) == (300, 300, 1800)
    assert settings.token_issuer == settings.token_audience == "doorward"


@pytest.mark.parametrize("mode", ["jwt", "", None, "Session", "tokens"])
def test_there_are_two_modes(mode: Any) -> None:
    assert "mode" in refusal(mode=mode)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "300", float("inf"), float("nan")])
@pytest.mark.parametrize(
    "name", ["access_ttl", "idle_ttl", "absolute_ttl", "remember", "touch_every", "max_sessions"]
)
def test_lengths_and_limits_are_whole_numbers_above_zero(name: str, value: Any) -> None:
    assert name in refusal(**{name: value})


@pytest.mark.parametrize("name", ["access_ttl", "idle_ttl", "absolute_ttl", "remember"])
def test_no_lifetime_is_without_end(name: str) -> None:
    assert name in refusal(**{name: None})


def test_an_access_token_lives_a_day_at_most() -> None:
    assert Settings(access_ttl=DAY).access_ttl == DAY
    assert "access_ttl" in refusal(access_ttl=DAY + 1)


@pytest.mark.parametrize("value", [-1, 0.5, "300", True])
def test_the_grace_of_a_refresh_is_a_whole_number_from_zero(value: Any) -> None:
    assert "refresh_grace" in refusal(refresh_grace=value)


@pytest.mark.parametrize("grace", [0, 1, 299, 300, 301, 10**6])
def test_any_grace_from_zero_stands_also_below_the_life_of_an_access_token(grace: int) -> None:
    assert Settings(access_ttl=300, refresh_grace=grace).grace == grace


@pytest.mark.parametrize("accept", [("session",), ("token", "cookie"), ("token", ""), ("jwt",)])
def test_what_is_accepted_are_modes_and_the_one_that_is_issued(accept: Any) -> None:
    assert "accept" in refusal(mode="token", accept=accept)


@pytest.mark.parametrize("accept", ["token", "session", ""])
def test_one_string_is_not_taken_for_a_list_of_modes(accept: Any) -> None:
    assert refusal(mode="token", accept=accept) == (
        f"accept is a list of modes, such as ['session', 'token'], not the string {accept!r}"
    )


def test_a_list_given_for_one_word_is_named_as_the_mistake() -> None:
    assert refusal(mode=["token"]) == "mode is session or token, not ['token']"
    assert refusal(mode="token", accept=[["token"]]).startswith("accept is session, token or both")
    origin = ["https://app.example"]
    assert refusal(public_origin=origin) == f"public_origin is one string, not {origin}"


def test_what_to_accept_instead_is_said_in_words() -> None:
    without = refusal(mode="token", accept=("session",))
    assert without.startswith("accept is session without the mode that is issued, token: say")
    assert refusal(accept=("jwt", "token")) == "accept is session, token or both, not jwt,token"


def test_the_mode_that_is_issued_comes_first_among_the_accepted() -> None:
    assert Settings(mode="token").modes == ("token",)
    assert Settings(mode="token", accept=("session", "token")).modes == ("token", "session")
    assert Settings(mode="session", accept=("session", "token")).modes == ("session", "token")


@pytest.mark.parametrize("seconds", [-1, 0.5, "1", None, True])
def test_staleness_is_whole_seconds_from_zero(seconds: Any) -> None:
    assert "max_staleness" in refusal(max_staleness=seconds)
    assert Settings(max_staleness=0).max_staleness == 0


@pytest.mark.parametrize("access_ttl", [1, 60, DAY])
def test_the_grace_is_the_life_of_an_access_token_unless_it_is_named(access_ttl: int) -> None:
    assert Settings(access_ttl=access_ttl).grace == access_ttl


@pytest.mark.parametrize(
    ("idle_ttl", "touch"), [(1, 1), (3, 1), (4, 1), (10, 2), (1200, 300), (DAY, 300)]
)
def test_activity_is_noted_every_five_minutes_or_four_times_in_a_short_idle_time(
    idle_ttl: int, touch: int
) -> None:
    assert Settings(idle_ttl=idle_ttl).touch_after == touch


def test_activity_noted_too_rarely_to_keep_a_session_in_use_does_not_stand() -> None:
    assert Settings(idle_ttl=1000, touch_every=500).touch_after == 500
    assert "touch_every" in refusal(idle_ttl=1000, touch_every=501)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_three_algorithms_may_sign(algorithm: str) -> None:
    assert Settings(algorithm=algorithm).algorithm == algorithm


@pytest.mark.parametrize("algorithm", ["HS256", "none", "es256", "", None, "ES512"])
def test_no_other_algorithm_may(algorithm: Any) -> None:
    assert "algorithm" in refusal(algorithm=algorithm)


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example",
        "https://app.example:8443",
        "https://192.0.2.1",
        "https://[2001:db8::1]:8443",
        "http://localhost",
        "http://localhost:8000",
        "http://app.localhost:8000",
        "http://127.0.0.1:8000",
        "http://127.8.9.1",
        "http://[::1]:8000",
    ],
)
def test_a_public_origin_has_https_or_never_leaves_this_machine(origin: str) -> None:
    settings = Settings(public_origin=origin)
    assert settings.token_issuer == settings.token_audience == origin


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "app.example",
        "//app.example",
        "https://",
        "https://app.example/",
        "https://app.example/login",
        "https://app.example?x",
        "https://app.example#x",
        "https://ann@app.example",
        "https://ann:pw@app.example",
        "https://APP.example",
        "HTTPS://app.example",
        "https://app.example:443",
        "http://localhost:80",
        "https://app.example:",
        "https://app.example:x",
        "https://app.example:99999",
        "https://[::1",
        "https://bücher.example",
        " https://app.example",
        "https://app.example\n",
        "ftp://app.example",
        "null",
        "*",
    ],
)
def test_a_public_origin_is_written_as_browsers_write_it(origin: str) -> None:
    assert "public_origin" in refusal(public_origin=origin)


@pytest.mark.parametrize(
    ("origin", "advice"),
    [
        ("login.example", "begin with https://"),
        ("login.example:8000", "begin with https://"),
        ("//login.example", "begin with https://"),
        ("https://", "name the host"),
        ("https://login.example/x", "leave out all but the scheme"),
        ("https://login.example?x", "leave out all but the scheme"),
        ("https://ada@login.example", "leave out all but the scheme"),
        ("https://lögin.example", "in its ASCII form, xn--"),
        ("https://Login.example", "in lower case"),
        ("https://login.example:443", "without the port"),
        ("https://[2001:db8:0:0::1]", "as browsers do, [2001:db8::1]"),
        ("https://[2001:db8::0001]", "as browsers do, [2001:db8::1]"),
        ("https://[::ffff:192.0.2.1]", "as browsers do, [::ffff:c000:201]"),
        ("https://192.0.2.01", "such as app.example, 192.0.2.1"),
        ("https://127.1", "such as app.example, 192.0.2.1"),
        ("https://2130706433", "such as app.example, 192.0.2.1"),
        ("https://0x7f.1", "such as app.example, 192.0.2.1"),
        ("https://192.0.2.1.", "such as app.example, 192.0.2.1"),
        ("https://login%2eexample", "such as app.example, 192.0.2.1"),
        ("https://login..example", "such as app.example, 192.0.2.1"),
        ("https://login example", "such as app.example, 192.0.2.1"),
    ],
)
def test_what_is_no_public_origin_is_told_what_is_wrong_with_it(origin: str, advice: str) -> None:
    assert advice in refusal(public_origin=origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://app.example",
        "http://192.168.0.2:8000",
        "http://0.0.0.0:8000",
        "http://localhost.example",
        "http://notlocalhost",
        "http://127.0.0.1.example",
        "http://[2001:db8::1]",
    ],
)
def test_plain_http_off_this_machine_does_not_stand(origin: str) -> None:
    assert "plain http" in refusal(public_origin=origin)


def test_an_issuer_and_an_audience_may_be_named() -> None:
    named = Settings(public_origin="https://a.example", issuer="https://i.example", audience="api")
    assert (named.token_issuer, named.token_audience) == ("https://i.example", "api")
    assert Settings(issuer="https://i.example").token_audience == "https://i.example"


def test_a_name_that_is_no_address_and_not_localhost_is_not_this_machine() -> None:
    assert is_loopback("localhost")
    assert not is_loopback("example.com")


def test_settings_are_given_by_name_and_cannot_be_changed_afterwards() -> None:
    with pytest.raises(TypeError):
        Settings("token")  # type: ignore[call-arg]
    settings = Settings()
    for field in fields(settings):
        with pytest.raises(AttributeError):
            setattr(settings, field.name, 1)
