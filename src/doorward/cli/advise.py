"""`doorward advise`: eight questions, and the settings that fit the answers."""

import sys
from argparse import Namespace
from collections.abc import Sequence

from ..advise.advice import advise
from ..advise.answers import Answers, choices
from ..advise.questions import QUESTIONS, Question
from ..advise.shown import as_json, lines
from . import complain
from .output import Answer, show
from .parser import Parser


def main(argv: Sequence[str]) -> int:
    """Take the answers from options or ask for them.  Returns 0, or 1 when an answer is missing."""
    given = _parser().parse_args(argv)
    try:
        answers = _answers(given)
    except (EOFError, KeyboardInterrupt):
        return complain("The answers ended too early; give them as options.")
    advice = advise(answers)
    answer = Answer(as_json(answers, advice), lines(answers, advice))
    return show(answer, as_json=given.json)


def _parser() -> Parser:
    parser = Parser(
        prog="doorward advise",
        description="Recommend a mode, a transport and lifetimes for an application, and cite the"
        " measured rows that support them. Without options, ask for the answers on a terminal.",
        allow_abbrev=False,
    )
    usual = Answers()
    for name, words in choices().items():
        question = QUESTIONS[name]
        meant = "; ".join(f"{word}: {question.meanings[word]}" for word in words)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            choices=words,
            help=f"{question.text} {meant} (default: {getattr(usual, name)})",
        )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def _answers(given: Namespace) -> Answers:
    known = {name: word for name in QUESTIONS if (word := getattr(given, name)) is not None}
    if not known and sys.stdin is not None and sys.stdin.isatty():
        known = {name: _ask(name, question) for name, question in QUESTIONS.items()}
    return Answers(**known)


def _ask(name: str, question: Question) -> str:
    """The chosen word, typed as such or by its number; for an empty line the default."""
    words, usual = list(question.meanings), str(getattr(Answers(), name))
    print(question.text, file=sys.stderr)
    for number, word in enumerate(words, 1):
        mark = " (default)" if word == usual else ""
        print(f"  {number} {word}: {question.meanings[word]}{mark}", file=sys.stderr)
    by_input = {"": usual} | {word: word for word in words}
    by_input |= {str(number): word for number, word in enumerate(words, 1)}
    while True:
        print("> ", end="", file=sys.stderr, flush=True)
        if (said := input().strip()) in by_input:
            return by_input[said]
