"""One table of options: the command line, the environment, and their defaults."""

import argparse
from collections.abc import Callable
from typing import Any

import pytest

from doorward import ConfigurationError, Settings
from doorward.server import values
from doorward.server.command_options import add_options, read_options
from doorward.server.library_settings import library_settings, named
from doorward.server.mail.relay import Relay, parse_relay
from doorward.server.options import OPTIONS, Options
from doorward.server.ui.site import accent, site_name
from doorward.settings import DAY


def read(*argv: str, **environ: str) -> Options:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_options(parser, environ)
    return read_options(parser.parse_args(argv))


def test_without_a_word_the_defaults_hold() -> None:
    assert read() == Options()


def test_the_defaults_of_times_are_those_of_the_library() -> None:
    options, library = Options(), Settings()
    for name in ("access_ttl", "idle_ttl", "absolute_ttl", "refresh_grace", "touch_every"):
        assert getattr(options, name) == getattr(library, name)


EXAMPLES: dict[Callable[[str], Any], tuple[str, Any]] = {
    values.text: ("given", "given"),
    values.host: ("[::1]", "::1"),
    values.words: ("10.0.0.0/8, ::1", ("10.0.0.0/8", "::1")),
    values.factor_roles: ("admin,editor", ("admin", "editor")),
    values.several: ("https://a.example,x://y", ("https://a.example", "x://y")),
    values.count: ("7", 7),
    values.workers: ("7", 7),
    values.duration: ("12h", 43_200),
    values.duration_from_zero: ("0s", 0),
    values.port: ("0", 0),
    values.password_length: ("15", 15),
    values.mode: ("token", "token"),
    values.applications: ("documents", "documents"),
    values.modes: ("session, token", ("session", "token")),
    values.when_full: ("refuse", "refuse"),
    values.switch: ("on", True),
    values.signup: ("closed", "closed"),
    values.verify: ("later", "later"),
    values.address: ("login@mail.example", "login@mail.example"),
    site_name: ("Example Inc", "Example Inc"),
    accent: ("#0b5e4d", "#0b5e4d"),
    values.mount_path: ("/my/auth/", "/my/auth"),
    parse_relay: ("smtps://ann@mail.example", Relay("mail.example", 465, "ann", "implicit")),
}
"""What an option may be set to, and what is made of it, for each parser."""


def example(name: str) -> tuple[str, Any]:
    option = OPTIONS[name]
    parser = option.parse.__name__
    here = (
        f"in EXAMPLES of tests/server/test_options.py, for the parser {parser} of --{option.name}"
    )
    assert option.parse in EXAMPLES, f"{here}: add what it is given and what it makes of that"
    text, value = EXAMPLES[option.parse]
    if value is option.default is True:
        text, value = "off", False
    assert value != option.default, f"{here}: {value!r} is a default; choose another value"
    return text, value


TOGETHER = {
    *("tls_cert", "tls_key"),
    *("smtp_url", "smtp_password_file", "mail_from"),
    "document_hosts",
}
"""Options that are refused without another: each pair has a test of its own below."""


@pytest.mark.parametrize("name", [name for name in OPTIONS if name not in TOGETHER])
def test_an_option_is_set_on_the_command_line_or_in_the_environment(name: str) -> None:
    text, value = example(name)
    option = OPTIONS[name]
    try:
        given, found = read(f"--{option.name}", text), read(**{option.variable: text})
    except ConfigurationError as error:
        where = "TOGETHER of tests/server/test_options.py"
        pytest.fail(
            f"--{option.name} alone is refused ({error}): if it should be, add it to {where}"
        )
    assert [getattr(options, name) for options in (given, found)] == [value, value]


@pytest.mark.parametrize(
    "name",
    [
        "access_ttl",
        "idle_ttl",
        "absolute_ttl",
        "refresh_grace",
        "touch_every",
        "max_staleness",
        "audit_ttl",
    ],
)
def test_a_time_is_seconds_or_has_a_unit(name: str) -> None:
    option = OPTIONS[name]
    for text, seconds in (("90", 90), ("90s", 90), ("15m", 900), ("12h", 43_200), ("14d", 1209600)):
        assert getattr(read(f"--{option.name}={text}"), name) == seconds
        assert getattr(read(**{option.variable: text}), name) == seconds


def test_the_command_line_wins_over_the_environment() -> None:
    assert read("--port", "1", DOORWARD_PORT="2").port == 1


def test_an_option_that_is_repeatable_adds_up_and_replaces_what_the_environment_says() -> None:
    both = ("https://a.example", "capacitor://localhost", "https://b.example")
    argv = ("--trusted-origin", f"{both[0]}, {both[1]}", "--trusted-origin", both[2])
    assert read(*argv).trusted_origin == both
    assert read(*argv, DOORWARD_TRUSTED_ORIGIN="https://c.example").trusted_origin == both
    assert read(DOORWARD_TRUSTED_ORIGIN=",".join(both)).trusted_origin == both
    assert library_settings(read(*argv))["trusted_origins"] == both
    assert read("--trusted-proxies", "::1", "--trusted-proxies", "::2").trusted_proxies == ("::2",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "70000"),
        ("port", "-1"),
        ("port", "x"),
        ("port", ""),
        ("mode", "jwt"),
        ("accept", "sessions,token"),
        ("signup", "yes"),
        ("access_ttl", "0"),
        ("access_ttl", "0m"),
        ("access_ttl", "5 m"),
        ("access_ttl", "5w"),
        ("absolute_ttl", "9223372036854775807"),
        ("audit_ttl", "36526d"),
        ("max_staleness", "-1s"),
        ("max_sessions", "9223372036854775808"),
        ("signup_limit", "9223372036854775808"),
        ("workers", "100000"),
        ("idle_ttl", "1_000"),
        ("idle_ttl", "٣"),
        ("absolute_ttl", "1.5"),
        ("refresh_grace", "-1"),
        ("min_password", "7"),
        ("public_origin", ""),
        ("smtp_url", "mail.example"),
        ("smtp_url", "https://mail.example"),
        ("smtp_url", "smtp://"),
        ("smtp_url", "smtp://mail.example:x"),
        ("smtp_url", "smtp://mail.example/in?x"),
        ("mail_from", "mail.example"),
        ("mail_from", "a@b.example\r\nBcc: c@d.example"),
        ("mail_from", "Ann <a@b.example>"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(name: str, text: str) -> None:
    option = OPTIONS[name]
    for given in ({}, {option.variable: text}):
        argv = () if given else (f"--{option.name}={text}",)
        with pytest.raises(argparse.ArgumentError, match=f"--{option.name}.*{option.variable}"):
            read(*argv, **given)


def test_a_certificate_without_its_key_is_refused() -> None:
    for option in ("--tls-cert", "--tls-key"):
        with pytest.raises(ConfigurationError, match="belong together"):
            read(option, "x.pem")


def test_the_options_of_mail_are_set_together() -> None:
    names = ("smtp_url", "smtp_password_file", "mail_from")
    argv = [word for name in names for word in (f"--{OPTIONS[name].name}", example(name)[0])]
    environ = {OPTIONS[name].variable: example(name)[0] for name in names}
    for options in (read(*argv), read(**environ)):
        assert {name: getattr(options, name) for name in names} == {
            name: example(name)[1] for name in names
        }


@pytest.mark.parametrize(
    "argv",
    [
        ("--smtp-url", "smtp://mail.example"),
        ("--mail-from", "a@b.example"),
        ("--smtp-url", "smtp://ann@mail.example", "--mail-from", "a@b.example"),
        ("--smtp-password-file", "p"),
        ("--smtp-url", "smtp://localhost", "--mail-from", "a@b.c", "--smtp-password-file", "p"),
    ],
)
def test_half_a_way_for_mail_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="belong together"):
        read(*argv)


@pytest.mark.parametrize(
    ("options", "mail"),
    [
        (Options(), "outbox"),
        (Options(public_origin="http://127.0.0.1:8000"), "outbox"),
        (Options(public_origin="http://login.example"), "none"),
        (Options(public_origin="https://login.example"), "none"),
        (Options(tls_cert="c", tls_key="k"), "none"),
        (Options(public_origin="http://["), "none"),
        (Options(smtp_url=parse_relay("smtp://localhost"), mail_from="a@b.example"), "smtp"),
    ],
)
def test_mail_is_sent_or_read_on_the_developers_machine_or_there_is_none(
    options: Options, mail: str
) -> None:
    assert options.mail == mail


def test_a_minimum_that_no_password_can_reach_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="128"):
        Options(min_password=129)


@pytest.mark.parametrize(
    ("options", "origin"),
    [
        (Options(), "http://localhost:8000"),
        (Options(port=80), "http://localhost"),
        (Options(host="192.0.2.1"), "http://localhost:8000"),
        (Options(tls_cert="c", tls_key="k"), "https://localhost:8000"),
        (Options(tls_cert="c", tls_key="k", port=443), "https://localhost"),
        (Options(public_origin="https://login.example"), "https://login.example"),
    ],
)
def test_the_public_origin_is_this_machine_unless_it_is_said(options: Options, origin: str) -> None:
    assert options.origin == origin


@pytest.mark.parametrize("name", OPTIONS)
def test_an_empty_variable_is_refused_and_not_taken_for_the_default(name: str) -> None:
    variable = OPTIONS[name].variable
    with pytest.raises(argparse.ArgumentError, match=f"{variable} is set but empty"):
        read(**{variable: ""})
    option, (given, value) = f"--{OPTIONS[name].name}", example(name)
    parser = argparse.ArgumentParser()
    add_options(parser, {variable: ""})
    assert getattr(parser.parse_args([option, given]), name) == value


@pytest.mark.parametrize("option", ["--host", "--database", "--sessions", "--root-key-file"])
def test_an_empty_place_is_refused(option: str) -> None:
    with pytest.raises(argparse.ArgumentError, match="not empty"):
        read(option, "")


def test_help_explains_each_option_with_its_default_and_its_variable() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, {"DOORWARD_PORT": "9"})
    text = " ".join(parser.format_help().split())
    for option in OPTIONS.values():
        assert f"--{option.name} {option.metavar}" in text
        assert f"(default: {option.shown}; {option.variable})" in text


def test_another_command_may_take_some_of_them() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, {}, "database", "root_key_file")
    options = read_options(parser.parse_args(["--database", "memory:"]))
    assert options == Options(database="memory:")


LIBRARY_SAYS = (
    ("access_ttl", "2d", "access_ttl above a day"),
    ("touch_every", "10d", "touch_every above half of idle_ttl"),
    ("trusted_origin", "*", "trusted_origins names each origin"),
    ("accept", "token", "accept is token without the mode"),
    ("public_origin", "http://a.example", "public_origin 'http://a.example' is plain http"),
    ("cookie_suffix", "a b", "cookie_suffix is up to"),
)


@pytest.mark.parametrize(("name", "text", "told"), LIBRARY_SAYS)
def test_a_refused_option_is_named_as_it_was_given(name: str, text: str, told: str) -> None:
    option = OPTIONS[name]
    word, _, rest = told.partition(" ")
    by_line, by_variable = read(f"--{option.name}", text), read(**{option.variable: text})
    over = read(f"--{option.name}", text, **{option.variable: text})
    rest = rest.replace("idle_ttl", "--idle-ttl")
    for options, called in (
        (by_line, f"--{option.name}"),
        (by_variable, option.variable),
        (over, f"--{option.name}"),
    ):
        with pytest.raises(ConfigurationError, match=f"^{word} ") as raised:
            Settings(**library_settings(options))
        assert named(options, str(raised.value)).startswith(f"{called} {rest}")


def test_an_address_in_brackets_is_that_address() -> None:
    assert read("--host", "[::]").host == read("--host", "::").host == "::"


def test_tokens_of_other_applications_live_for_a_day_at_most() -> None:
    Options(grant_access_ttl=DAY)
    with pytest.raises(ConfigurationError, match="--grant-access-ttl above a day"):
        Options(grant_access_ttl=DAY + 1)
