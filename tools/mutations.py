"""The small changes to a source file, one at a time, that its tests should notice."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

SWAPS = {
    "Lt": ("<", "<=", ">="),
    "LtE": ("<=", "<", ">"),
    "Gt": (">", ">=", "<="),
    "GtE": (">=", ">", "<"),
    "Eq": ("==", "!="),
    "NotEq": ("!=", "=="),
    "Is": ("is", "is not"),
    "IsNot": ("is not", "is"),
    "In": ("in", "not in"),
    "NotIn": ("not in", "in"),
    "And": ("and", "or"),
    "Or": ("or", "and"),
    "Add": ("+", "-"),
    "Sub": ("-", "+"),
}
"""How an operator is written, and what may stand there instead of it."""

UNTOUCHED = {"annotation", "returns", "decorator_list", "bases"}


class Edit(NamedTuple):
    """A replacement of the text between two offsets."""

    start: int
    end: int
    new: str
    change: str


class Mutant(NamedTuple):
    """A change in a file.  The first four find it again where lines were added above it."""

    path: str
    text: str
    change: str
    nth: int
    line: int
    source: bytes


def mutants_of(path: str, source: bytes) -> Iterator[Mutant]:
    """One for each change, in the order of the text; later lines keep their numbers."""
    seen: Counter[tuple[str, str]] = Counter()
    for start, end, new, change in sorted(set(_Finder(source).edits(ast.parse(source)))):
        line = source.count(b"\n", 0, start)
        text = source.splitlines()[line].decode().strip()
        breaks = "\n" * source.count(b"\n", start, end)
        padded = f"{new[:-1]}{breaks})" if new.endswith(")") else new + breaks
        changed = source[:start] + padded.encode() + source[end:]
        ast.parse(changed)  # raises if the result is not Python
        seen[text, change] += 1
        yield Mutant(path, text, change, seen[text, change], line + 1, changed)


class _Finder:
    """Knows what can be changed: all but annotations, docstrings, f-strings and log entries.  No
    name loses its only value: the first line that reads it would fail, whatever the tests are."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._bound = Counter(_bound(ast.parse(source)))
        self._lines = [0, *(match.end() for match in re.finditer(b"\n", source))]

    def edits(self, node: ast.AST, *, local: bool = False) -> Iterator[Edit]:
        logged = isinstance(node, ast.Expr) and re.match(r"(self\.)?_?log", ast.unparse(node))
        if logged or isinstance(node, ast.JoinedStr):  # of its parts 3.11 has no true offsets
            return
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__slots__":
            return
        yield from self._of_expression(node)
        yield from self._of_statement(node, local)
        local = local or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for name, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and name not in UNTOUCHED:
                    yield from self.edits(child, local=local)

    def _of_expression(self, node: ast.AST) -> Iterator[Edit]:
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                for op, (one, other) in zip(ops, pairwise((left, *others)), strict=True):
                    yield from self._swapped(op, one, other)
                for text in (each for side in (left, *others) for each in _texts(side)):
                    longer = f"{text.value!r}"[:-1] + "x" + f"{text.value!r}"[-1]
                    yield self._put(text, f"({longer})", "text changed")
            case ast.BoolOp(op=op, values=values):
                for one, other in pairwise(values):
                    yield from self._swapped(op, one, other)
            case ast.BinOp(left=left, op=op, right=right):
                yield from self._swapped(op, left, right)
            case ast.UnaryOp(op=ast.Not()):
                start = self._span(node)[0]
                yield Edit(start, start + len("not "), "", "not removed")
            case ast.Constant(value=bool(value)):
                yield self._put(node, f"({not value})", f"{value} -> {not value}")
            case ast.Constant(value=int(value)):
                yield self._put(node, f"({value + 1})", f"{value} -> {value + 1}")
                yield self._put(node, f"({value - 1})", f"{value} -> {value - 1}")

    def _of_statement(self, node: ast.AST, local: bool) -> Iterator[Edit]:
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.comprehension(ifs=[test]):
                yield self._put(test, "(True)", "condition -> True")
                yield self._put(test, "(False)", "condition -> False")
            case ast.While(test=test):  # True would only hang
                yield self._put(test, "(False)", "condition -> False")
            case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
                yield self._put(node, "return None", "return None")
            case ast.Assign() | ast.AnnAssign(value=ast.expr()) if local:
                names = _bound(node)
                if not names or any(self._bound[name] > 1 for name in names):
                    yield self._put(node, "pass", "statement deleted")
            case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() if local:
                yield self._put(node, "pass", "statement deleted")
            case ast.Raise() | ast.Delete():
                yield self._put(node, "pass", "statement deleted")
        if isinstance(node, ast.AugAssign):
            yield from self._swapped(node.op, node.target, node.value)

    def _swapped(self, op: ast.AST, left: ast.expr, right: ast.expr) -> Iterator[Edit]:
        old, *others = SWAPS.get(type(op).__name__, ("",))
        for new in others:
            between = self._span(left)[1], self._span(right)[0]
            start = self._source.rindex(old.encode(), *between)
            yield Edit(start, start + len(old), new, f"{old} -> {new}")

    def _put(self, node: ast.expr | ast.stmt, new: str, what: str) -> Edit:
        return Edit(*self._span(node), new, what)

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        end = self._lines[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        return self._lines[node.lineno - 1] + node.col_offset, end


def _texts(node: ast.expr) -> list[ast.Constant]:
    parts = node.elts if isinstance(node, ast.Tuple | ast.Set) else [node]
    constants = [part for part in parts if isinstance(part, ast.Constant)]
    return [each for each in constants if isinstance(each.value, str | bytes)]


def _bound(tree: ast.AST) -> list[str]:
    """The names, also those of `self`, that are given a value."""
    nodes = [each for each in ast.walk(tree) if isinstance(each, ast.Name | ast.Attribute)]
    stored = [ast.unparse(each) for each in nodes if isinstance(each.ctx, ast.Store)]
    return [name for name in stored if "." not in name or name.startswith("self.")]
