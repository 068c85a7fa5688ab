"""The root key: where it lies, who can reach it, and what it opens."""

from ..doctor_facts import Facts
from .finding import NOTE, OK, UNSAFE, WARNING, Finding


def present(facts: Facts) -> Finding:
    """A root key that is lost, damaged, a placeholder, or readable by others."""
    key = facts.root_key
    if key.error is not None:
        return Finding(UNSAFE, key.error, "Until then no server starts.")
    if key.exists:
        where = "the environment" if key.path is None else f"{key.path}, for its owner alone"
        return Finding(OK, f"The root key is in {where}.")
    if any(each.sealed_private is not None for each in facts.keys):
        return Finding(
            UNSAFE,
            f"The database holds keys sealed under a root key, but {key.path} is missing.",
            "Restore it, or name the right one with --root-key-file.",
        )
    return Finding(NOTE, f"There is no root key yet; the first start makes {key.path}.")


def place(facts: Facts) -> Finding:
    """One stolen copy of a folder, or one backup, that holds both halves."""
    key = facts.root_key.path
    folders = {each.path.parent for each in facts.databases if each.path is not None}
    if key is None or key.absolute().parent not in folders:
        return Finding(OK, "The root key lies apart from the database.")
    return Finding(
        WARNING,
        f"The root key lies in the database's folder, {key.absolute().parent}: one copy of it"
        " opens everything.",
        "Move it elsewhere, and name the place with --root-key-file.",
    )


def folder(facts: Facts) -> Finding:
    """Others who can put a root key of their own in place of ours."""
    key = facts.root_key
    if key.path is not None and key.folder_mode & 0o022:
        return Finding(
            WARNING,
            f"Others can write to {key.path.parent}, and so put another root key there.",
            f"Run: chmod go-w {key.path.parent}",
        )
    return Finding(OK, "Nobody else can put another root key in its place.")


def opens(facts: Facts) -> Finding:
    """Signing keys that were sealed under another root key."""
    if not facts.keys:
        return Finding(OK, "No signing keys are sealed in the database.")
    if facts.root_key.keys is None:
        return Finding(OK, "Without a root key, the signing keys were not tried.")
    if facts.sealed is not None:
        return Finding(
            UNSAFE,
            facts.sealed,
            "Name its file with --root-key-file; to go on with both, write both into one file, the"
            " newest first.",
        )
    return Finding(OK, "The root key opens the signing keys.")
