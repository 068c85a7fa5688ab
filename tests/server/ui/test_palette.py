"""The palette keeps WCAG 2.2 contrast in light and in dark: 4.5 for text, 3 for outlines."""

import re

import pytest

from doorward.server.ui.rendering import render, static_file, static_path
from tests.server.pages import every_page, read_html

TEXT = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("quiet", "ground"),
    ("quiet", "surface"),
    ("quiet", "sunken"),
    ("accent", "ground"),
    ("accent", "surface"),
    ("accent", "sunken"),
    ("accent-strong", "ground"),
    ("accent-strong", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-wash", "wash"),
    ("on-amber", "amber-wash"),
    ("on-blue", "blue-wash"),
    ("danger", "ground"),
    ("danger", "surface"),
    ("danger", "danger-wash"),
    ("on-harm", "harm"),
    ("on-harm", "harm-strong"),
]
OUTLINES = [
    (outline, ground)
    for outline in ("edge", "accent", "danger")
    for ground in ("ground", "surface")
]


def palettes() -> dict[str, dict[str, str]]:
    served = static_file(static_path("doorward.css").removeprefix("/static/"))
    assert served is not None
    light, dark = re.findall(r":root \{(.*?)\}", served.body.decode(), re.DOTALL)[:2]
    colours = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
    return {"light": dict(colours.findall(light)), "dark": dict(colours.findall(dark))}


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_agrees_with_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette[text], palette[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("outline", "ground"), OUTLINES)
def test_fields_and_focus_can_be_seen(scheme: str, outline: str, ground: str) -> None:
    palette = palettes()[scheme]
    assert contrast(palette[outline], palette[ground]) >= 3


def test_both_schemes_define_the_same_colours_and_every_one_is_measured() -> None:
    light, dark = palettes().values()
    measured = {name for pair in TEXT + OUTLINES for name in pair}
    assert set(light) == set(dark) == measured | {"line"}


def test_the_browsers_own_frame_has_the_colour_of_the_ground() -> None:
    found = read_html(render(every_page("")["index"]))
    shown = [each.attributes for each in found if each.attributes.get("name") == "theme-color"]
    assert {each["media"]: each["content"] for each in shown} == {
        f"(prefers-color-scheme: {scheme})": palette["ground"]
        for scheme, palette in palettes().items()
    }
