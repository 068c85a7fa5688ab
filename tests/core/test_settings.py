"""Settings: what is unsafe or cannot work does not construct."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from doorward import ConfigurationError, Settings
from doorward.origins import is_loopback
from doorward.settings import DAY


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


TIMES = (
    "access_ttl",
    "idle_ttl",
    "absolute_ttl",
    "touch_every",
    "refresh_grace",
    "max_staleness",
)


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (90, 90),
        ("90s", 90),
        ("15m", 900),
        ("12h", 43_200),
        ("1d", DAY),
        ("0090s", 90),
        (timedelta(minutes=15), 900),
        (timedelta(hours=-1, minutes=61), 60),
    ],
)
def test_a_time_is_seconds_or_a_timedelta_or_text_with_a_unit(
    name: str, given: Any, seconds: int
) -> None:
    assert getattr(Settings(**{name: given}), name) == seconds


def test_a_time_in_the_typed_constructor_is_read_back_in_seconds() -> None:
    settings = Settings(idle_ttl="7d", absolute_ttl=timedelta(days=14), touch_every="1m")
    assert settings.idle_ttl + settings.absolute_ttl == 21 * DAY
    assert settings == Settings(idle_ttl=7 * DAY, absolute_ttl=14 * DAY, touch_every=60)


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize(
    "given",
    [
        *("", "14", "14 d", "14D", "d", "-1d", "1.5h", "1h30m", "14days", "٣d", "1d\n", "9" * 5000),
        *(timedelta(milliseconds=1500), timedelta(seconds=-1), timedelta.max, b"14d", [14], 3e3),
    ],
)
def test_what_is_no_time_names_the_setting_and_the_forms(name: str, given: Any) -> None:
    assert name in refusal(**{name: given})


def test_the_forms_of_a_time_are_said() -> None:
    assert refusal(idle_ttl="14") == (
        "idle_ttl is whole seconds, a timedelta, or text such as '90s', '15m', '12h' or '14d',"
        " not '14'"
    )


@pytest.mark.parametrize("given", [2**63 - 1, 2**63, 10**400, 36_525 * DAY + 1, "36526d"])
@pytest.mark.parametrize("name", ["idle_ttl", "absolute_ttl", "touch_every"])
def test_no_lifetime_is_longer_than_stores_and_calendars_can_hold(name: str, given: Any) -> None:
    assert f"{name} is at most" in refusal(**{name: given})
    assert Settings(absolute_ttl="36525d").absolute_ttl == 36_525 * DAY


@pytest.mark.parametrize("given", [DAY + 1, 2**63])
def test_staleness_is_a_day_at_most(given: int) -> None:
    assert "max_staleness" in refusal(max_staleness=given)
    assert Settings(max_staleness=DAY).max_staleness == DAY


@pytest.mark.parametrize("given", [1_000_001, 2**63])
def test_max_sessions_is_a_number_that_every_store_can_count_to(given: int) -> None:
    assert "max_sessions" in refusal(max_sessions=given)
    assert Settings(max_sessions=1_000_000).max_sessions == 1_000_000


@pytest.mark.parametrize("given", [None, 0, 1, "no", "False"])
def test_end_oldest_is_yes_or_no(given: Any) -> None:
    assert "end_oldest" in refusal(end_oldest=given)


@pytest.mark.parametrize("given", [None, 5, True])
def test_what_is_no_list_is_not_taken_for_one_of_modes(given: Any) -> None:
    assert "accept is a list of modes" in refusal(accept=given)


@pytest.mark.parametrize("name", ["issuer", "audience"])
@pytest.mark.parametrize("given", ["", "a" * 129, "a\nb", "bücher", b"api", 5, ["api"]])
def test_an_issuer_and_an_audience_are_names_that_a_token_has_room_for(
    name: str, given: Any
) -> None:
    assert name in refusal(**{name: given})
    longest: dict[str, Any] = {name: "a" * 128}
    assert getattr(Settings(**longest), name) == "a" * 128


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
        "https://app.example.",
        "https://xn--bcher-kva.example",
        "https://my_app.internal",
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
        "https://a b",
        "https://a\\b",
        "https://a%20b",
        "https://a<b>",
        "https://a,b",
        "https://*.example",
        "https://app..example",
        "https://-app.example",
        "https://app-.example",
        f"https://{'a' * 64}.example",
        "https://" + ".".join(["a" * 60] * 5),
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
        ("https://a b", "write the host as browsers do"),
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


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "https://[2001:0db8::1]",
            "https://[2001:db8:0::1]",
            "https://127.1",
            "https://0x7f.0.0.1",
        ),
        *("https://192.168.010.1", "https://[::1%25lo]", "https://[::G]", "https://10.0.0.256"),
    ],
)
def test_an_address_is_written_as_browsers_write_it(origin: str) -> None:
    for name, value in (("public_origin", origin), ("trusted_origins", (origin,))):
        assert name in refusal(**{name: value})


@pytest.mark.parametrize(
    "origin",
    [
        *("https://spa.example", "https://spa.example:8443", "http://localhost:5173"),
        *("http://spa.login.localhost:5173", "https://10.0.0.1", "https://[2001:db8::1]:444"),
        *("capacitor://localhost", "ionic://localhost", "http://localhost", "https://localhost"),
        *("chrome-extension://fmkadmapgofadopljbjfkapdkoienihi", "app.example+x://host:99"),
    ],
)
def test_an_origin_may_be_trusted(origin: str) -> None:
    assert Settings(trusted_origins=(origin,)).trusted_origins == (origin,)


@pytest.mark.parametrize(
    ("origin", "advice"),
    [
        ("*", "would trust every site"),
        ("null", "every sandboxed frame"),
        ("", "begin with https://"),
        ("spa.example", "begin with https://"),
        ("file://", "begin with https://"),
        ("file://localhost", "begin with https://"),
        ("capacitor://", "name the host"),
        ("https://*.example", "write the host as browsers do"),
        ("https://spa.example/", "leave out all but"),
        ("capacitor://localhost/", "leave out all but"),
        ("https://SPA.example", "lower case"),
        ("Capacitor://localhost", "lower case"),
        ("https://spa.example:443", "usual one"),
        ("https://b\xfccher.example", "ASCII"),
        ("https://spa.example:x", "Port could not be cast"),
        ("https://a.example https://b.example", "write the host as browsers do"),
        ("http://spa.example", "plain http"),
        ("http://192.168.0.2:5173", "plain http"),
        (7, "is one string, not 7"),
    ],
)
def test_what_cannot_be_trusted_is_told_what_is_wrong_with_it(origin: str, advice: str) -> None:
    said = refusal(trusted_origins=("https://spa.example", origin))
    assert said.startswith("trusted_origins")
    assert advice in said


def test_trusted_origins_are_a_list_and_not_a_string() -> None:
    assert "not the string" in refusal(trusted_origins="https://spa.example")


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


@pytest.mark.parametrize("suffix", ["b", "staging", "App-2", "a_b", "x" * 32, None])
def test_a_suffix_keeps_cookie_names_apart(suffix: str) -> None:
    assert Settings(cookie_suffix=suffix).cookie_suffix == suffix


@pytest.mark.parametrize("suffix", ["a b", "a;", "a=", "ä", "-", "-a", "x" * 33, "", "a\n"])
def test_a_suffix_that_no_cookie_name_can_hold_is_refused(suffix: Any) -> None:
    assert "cookie_suffix" in refusal(cookie_suffix=suffix)
