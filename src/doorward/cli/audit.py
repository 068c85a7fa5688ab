"""`doorward audit`: what the server's audit log can prove of itself."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..server.command_options import read_options
from ..server.plural import counted
from .commands import Verb, run
from .open import opened_database
from .output import Answer, when

if TYPE_CHECKING:
    from ..server.audit.log import Pruned


def main(argv: Sequence[str]) -> int:
    """Run one verb.  Returns the exit status."""
    return run("audit", VERBS, argv)


async def verify(given: Namespace) -> Answer:
    from ..server.audit.log import Audit

    async with opened_database(read_options(given)) as database:
        audit = Audit(database)
        findings = await audit.verify(given.head)
        last, pruned = await audit.head(), await audit.pruned()
    data = {
        "intact": not findings,
        "seq": last.seq,
        "head": last.hash.hex(),
        "pruned": pruned and _pruned(pruned),
        "findings": [
            {"what": each.what, "first": each.first, "last": each.last, "sentence": each.sentence}
            for each in findings
        ],
    }
    if findings:
        told = f"The audit log was tampered with: {counted(len(findings), 'finding')}."
        return Answer(data, [*(each.sentence for each in findings), told, *_note(pruned)], status=1)
    verdict = f"Intact up to entry {last.seq}, whose hash is {last.hash.hex()}."
    return Answer(data, [verdict, *_note(pruned)])


def _pruned(pruned: "Pruned") -> dict[str, object]:
    through, seq, at = pruned
    return {"through": through.seq, "hash": through.hash.hex(), "seq": seq, "at": at}


def _note(pruned: "Pruned | None") -> list[str]:
    """Somebody who can write to the database can forge such an entry, so each report names it."""
    if pruned is None:
        return []
    said = f"Entries up to {pruned.through.seq} were pruned; entry {pruned.seq} says so"
    at = f"of {when(pruned.at)} UTC"
    return [f"{said}, {at}. If the server did it, its log has audit_pruned at that time."]


def _head(text: str) -> str:
    try:
        whole = len(bytes.fromhex(text)) == 32
    except ValueError:
        whole = False
    if not whole:
        raise ArgumentTypeError(f"{text!r} is no hash: 64 hexadecimal digits")
    return text


def _verify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--head",
        metavar="HASH",
        type=_head,
        help="a hash that the server's log (audit_head) said was the last: then it also shows when"
        " entries were removed from the end, or all written anew",
    )


VERBS = {
    "verify": Verb(
        what="Name every entry that was edited, removed or moved.",
        run=verify,
        arguments=_verify_arguments,
    ),
}
