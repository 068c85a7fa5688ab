"""Texts that Hypothesis makes quickly."""

from hypothesis import strategies as st

ALPHABET = "".join(map(chr, range(0x250))) + "\u0301\u0663\u2028\u2160\u212a\ufeff\uff21\U0001f600"
"""Latin letters, controls and spaces; and an accent, a digit, a line separator, a numeral, a Kelvin
sign, a byte order mark, a wide letter and a face, which naive code takes for something else."""


def texts(max_size: int) -> st.SearchStrategy[str]:
    """Of this alphabet: under coverage, to classify all of Unicode takes a process four seconds."""
    return st.text(ALPHABET, max_size=max_size)
