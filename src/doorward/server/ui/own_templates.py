"""The operator's own templates, which stand where ours would."""

from pathlib import Path

from jinja2 import TemplateSyntaxError

from .rendering import OURS, environment


def check_own_templates(folder: Path) -> None:
    """Raises `ValueError` for a folder that is none, for a page that no template of ours has the
    name of, which nobody would ever see, and for one that is no template."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    for file in sorted(folder.rglob("*.html")):
        name = file.relative_to(folder).as_posix()
        if not any((ours / name).is_file() for ours in OURS):
            raise ValueError(
                f"{file} stands for no page. These are the names of pages: {', '.join(_names())}"
            )
        try:
            environment(folder=folder).get_template(name)
        except (TemplateSyntaxError, UnicodeDecodeError) as error:
            raise ValueError(f"{file} cannot be read as a template: {error}") from None


def _names() -> list[str]:
    """What a template may be called: the names of ours."""
    found = {file.relative_to(ours).as_posix() for ours in OURS for file in ours.rglob("*.html")}
    return sorted(name for name in found if not name.startswith("ui/"))
