"""The operator's own words for letters, which stand where ours would."""

from collections.abc import Mapping
from pathlib import Path

from .letter import Letter, Letters, Template

SUFFIX = ".txt"


def own_letters(folder: Path, ours: Mapping[str, Template]) -> Mapping[str, Template]:
    """Our letters, with those that the folder has a file for: `mail/new_device.txt` holds the title
    in its first line, and below an empty line the paragraphs, with one between each two.

    Raises `ValueError` for a file that stands for no letter, has no title or no text, or names what
    a letter cannot tell.
    """
    found = dict(ours)
    for file in sorted((folder / "mail").glob(f"*{SUFFIX}")):
        if file.stem not in ours:
            raise ValueError(f"{file} stands for no letter: the names are {', '.join(ours)}")
        found[file.stem] = _read(file, ours[file.stem])
    return found


def _read(file: Path, ours: Template) -> Template:
    try:
        title, *paragraphs = file.read_text("utf-8").strip().split("\n\n")
        words = tuple(each.strip() for each in paragraphs)
        template = Template(title.strip(), words, ours.end, own=True)
        _try(template)
    except (OSError, UnicodeDecodeError, KeyError, ValueError, IndexError) as error:
        raise ValueError(f"{file} cannot be used as a letter: {error}") from None
    if "\n" in template.title or not template.title or not paragraphs:
        raise ValueError(f"{file} needs a title in its first line, an empty line, and a text")
    for needed in ("{link}", "{code}"):
        if needed in "".join(ours.paragraphs) and needed not in "".join(paragraphs):
            raise ValueError(f"{file} must hold {needed}, without which nobody can do anything")
    return template


def _try(template: Template) -> None:
    """Write one, so that a name that a letter cannot tell is found at the start."""
    letter = Letter(id="", kind="tried", subject="", email="", at=0)
    Letters({"tried": template}, "", "").write(letter)
