"""Colours as WCAG 2.2 measures them; each is written `#rrggbb`."""


def contrast(one: str, other: str) -> float:
    """How far two colours are apart, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """How light a colour is, from 0 to 1."""
    linear = [_linear(one / 255) for one in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def mixed(colour: str, into: str, share: float) -> str:
    """A colour with a share, from 0 to 1, of another."""
    pairs = zip(_channels(colour), _channels(into), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def _linear(one: float) -> float:
    return one / 12.92 if one <= 0.04045 else float(((one + 0.055) / 1.055) ** 2.4)
