"""`doorward advise`: what fits six applications, and that every advice can be followed."""

import io
import itertools
import json
import re
import shlex
from typing import Any

import pytest

from doorward.advise.advice import IDLE, MEANT, advise
from doorward.advise.answers import Answers, choices
from doorward.advise.figures import result
from doorward.advise.questions import QUESTIONS
from doorward.advise.shown import as_json, library, variables
from doorward.cli.advise import main
from doorward.compare.catalogue import ROWS
from doorward.server.library_settings import library_settings
from doorward.server.options import OPTIONS, Options
from doorward.settings import Settings
from tests.docs.pages import DOCS, rows

PAGE = (DOCS / "choosing.md").read_text()
SECTIONS = {
    re.sub(r"^(a|an) ", "", title.lower()): re.search(r"doorward advise (.*)", text)
    for title, text in re.findall(r"^### (.*)\n((?:(?!^##).*\n)+)", PAGE, re.MULTILINE)
}
EVERY = [
    Answers(**dict(zip(choices(), words, strict=True)))  # type: ignore[arg-type]  # by the choices
    for words in itertools.product(*choices().values())
]


def advised(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main([*words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    "name",
    [
        *("bank", "hospital", "single-page shop", "shop on another domain", "mobile app"),
        *("internal tool", "public API"),
    ],
)
def test_an_example_of_the_docs_gets_what_the_docs_say(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = rows(DOCS / "choosing.md", "## Seven applications")
    given = SECTIONS[name.lower()]
    assert given is not None
    found = advised(shlex.split(given[1]), capsys)
    has = found["variables"]
    keys = ("DOORWARD_IDLE_TTL", "DOORWARD_ABSOLUTE_TTL", "DOORWARD_ACCESS_TTL")
    lives = [has.get(key, "-") for key in (*keys, "DOORWARD_MAX_STALENESS")]
    assert table[name] == [found["mode"], found["transport"], *lives]


def test_the_docs_have_every_question_with_its_answers() -> None:
    table = rows(DOCS / "choosing.md", "## The eight questions")
    usual = Answers()
    assert {name: cells[0] for name, cells in table.items()} == {
        f"--{name.replace('_', '-')}": question.text for name, question in QUESTIONS.items()
    }
    for name, words in choices().items():
        said = re.findall(r"`(\w+)`", table[f"--{name.replace('_', '-')}"][1])
        assert said[0] == getattr(usual, name)
        assert sorted(said) == sorted(words) == sorted(QUESTIONS[name].meanings)


def test_there_are_eight_questions_and_each_one_matters() -> None:
    assert len(QUESTIONS) == 8
    for name, words in choices().items():
        others = [each for each in EVERY if getattr(each, name) == words[0]]
        assert any(
            advise(each) != advise(changed(each, name, word)) for each in others for word in words
        ), name


def changed(answers: Answers, name: str, word: str) -> Answers:
    given = {each: getattr(answers, each) for each in choices()} | {name: word}
    return Answers(**given)


def test_every_advice_is_taken_by_the_server_and_by_the_library() -> None:
    for advice in {repr(each): each for each in map(advise, EVERY)}.values():
        by_variable = {option.variable: (name, option) for name, option in OPTIONS.items()}
        given = {}
        for variable, text in variables(advice).items():
            name, option = by_variable[variable]
            given[name] = several(option.parse(text))
        assert given.pop("public_origin").startswith("https://")
        Settings(**library_settings(Options(**given)))
        assert eval(library(advice), {"Doorward": doorward}) == advice.mode  # noqa: S307 - our own


def several(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def doorward(database: str, **settings: Any) -> str:
    return Settings(**settings).mode


def test_pages_of_another_domain_are_never_told_to_use_cookies() -> None:
    for answers in EVERY:
        if answers.in_browsers and answers.pages == "elsewhere":
            assert advise(answers).transport == "bearer", answers


@pytest.mark.parametrize("machines", ["some", "many"])
@pytest.mark.parametrize("within", ["now", "second", "minute"])
def test_the_store_is_asked_as_often_as_the_settings_say(machines: Any, within: Any) -> None:
    advice = advise(Answers(machines=machines, lock_within=within))
    (said,) = (reason.sentence for reason in advice.reasons if reason.about == "store")
    assert ("each request asks" in said.lower()) == (advice.settings["max_staleness"] == 0)
    assert ("memory" in said) == (within != "now")


def test_an_answer_that_is_not_followed_is_named() -> None:
    for answers in EVERY:
        advice = advise(answers)
        (said,) = (reason.sentence for reason in advice.reasons if reason.about == "lifetimes")
        followed = advice.settings["idle_ttl"] == IDLE[answers.away]
        assert followed or MEANT[answers.away] in said, answers


def test_figures_that_the_advice_changes_are_not_cited() -> None:
    """With `max_staleness=0` the store is asked by each request; it was measured with 1."""
    for answers in EVERY:
        advice = advise(answers)
        if advice.settings.get("max_staleness") == 0:
            shown = [row for why in as_json(answers, advice)["reasons"] for row in why["rows"]]
            for row in shown:
                if row["id"] in ("work", "store-reads", "thousand-nodes"):
                    assert row["values"].keys() == {"plain_session"}, answers


def test_tokens_are_for_other_services_and_for_mobile_apps() -> None:
    for answers in EVERY:
        wanted = answers.others_check == "yes" or answers.clients in ("mobile", "all")
        assert (advise(answers).mode == "token") == wanted, answers


def test_each_reason_cites_rows_that_were_measured() -> None:
    known = {row.id for row in ROWS}
    measured = {row["id"] for row in result()["rows"]}
    for advice in map(advise, EVERY):
        for reason in advice.reasons:
            assert reason.rows
            assert set(reason.rows) <= known & measured


def test_the_stored_figures_are_of_every_column_and_name_their_machine() -> None:
    columns = {column for row in result()["rows"] for column in row["values"]}
    kinds, stores = ("session", "token", "plain_session"), ("sqlite", "postgresql", "redis")
    assert columns == {f"{kind} @ {store}" for kind in kinds for store in stores} | {
        "plain_jwt @ none"
    }
    assert result()["machine"].keys() >= {"at", "processor", "cores", "load"}


def test_what_is_printed_has_both_forms_and_the_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--clients", "mobile", "--machines", "many"]) == 0
    shown = capsys.readouterr().out
    assert "\nDOORWARD_MODE=token\n" in shown
    assert '\n    mode="token",\n' in shown
    assert re.search(r"\n  bearer-bytes: session \d+ bytes; token \d+ bytes", shown)
    assert shown.count("\n  bearer-bytes:") == 1
    assert "plain jwt 30 minutes" in shown
    assert "log in again after 14 days" in shown
    assert not re.search(r"\d,\d{3} m?s\b", shown)


def test_on_a_terminal_it_asks_and_takes_numbers_words_and_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = io.StringIO("2\nwhat\n\nno\n\n\n\n\nsome\n")
    typed.isatty = lambda: True  # type: ignore[method-assign]  # a terminal, as far as it is asked
    monkeypatch.setattr("sys.stdin", typed)
    assert main(["--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["mode"] == "token"
    assert "How do people use the application?" in shown.err


def test_an_end_of_the_answers_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = io.StringIO("1\n")
    typed.isatty = lambda: True  # type: ignore[method-assign]  # a terminal, as far as it is asked
    monkeypatch.setattr("sys.stdin", typed)
    assert main([]) == 1
    assert capsys.readouterr().err.endswith("give them as options.\n")
