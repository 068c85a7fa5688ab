"""`doorward advise`: eight questions, and the settings that fit."""

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
    """Ask, or read the flags, and show what fits.  Returns 0, or 1 when nobody answers."""
    given = _parser().parse_args(argv)
    try:
        answers = _answers(given)
    except (EOFError, KeyboardInterrupt):
        return complain("No answer came in; give the answers as options.")
    advice = advise(answers)
    answer = Answer(as_json(answers, advice), lines(answers, advice))
    return show(answer, as_json=given.json)


def _parser() -> Parser:
    parser = Parser(
        prog="doorward advise",
        description="Name the mode, the transport and the lifetimes that fit an application, with"
        " the measured rows that decide it. Without options it asks on a terminal.",
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
    """The word that was chosen, by its number or by itself; the usual one for an empty line."""
    words, usual = list(question.meanings), getattr(Answers(), name)
    print(question.text, file=sys.stderr)
    for number, word in enumerate(words, 1):
        mark = " (usual)" if word == usual else ""
        print(f"  {number} {word}: {question.meanings[word]}{mark}", file=sys.stderr)
    while True:
        print("> ", end="", file=sys.stderr, flush=True)
        said = input().strip()
        if not said:
            return str(usual)
        if said in words:
            return said
        if said.isdecimal() and 1 <= int(said) <= len(words):
            return words[int(said) - 1]
