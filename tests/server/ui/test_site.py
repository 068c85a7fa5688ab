"""A site's own name, logo and accent colour on every page."""

from pathlib import Path

import pytest

from doorward.server.ui.contrast import contrast, mixed
from doorward.server.ui.rendering import render, site_files
from doorward.server.ui.site import GROUNDS, Site, accent_sheet, read_logo, site_name
from tests.server.pages import every_page
from tests.server.ui.test_palette import palettes

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def colours(sheet: str) -> list[dict[str, str]]:
    blocks = sheet.split(":root {")[1:]
    return [
        dict(rule.split(": ") for rule in block.partition("}")[0].strip(" ;").split("; "))
        for block in blocks
    ]


@pytest.mark.parametrize("accent", ["#0b5e4d", "#7c3aed", "#000000", "#b3261e", "#003399"])
def test_one_accent_can_be_read_on_light_and_on_dark_pages(accent: str) -> None:
    light, dark = colours(accent_sheet(accent))
    assert light["--accent"] == accent
    for rules, scheme in ((light, "light"), (dark, "dark")):
        for ground in GROUNDS[scheme]:  # type: ignore[index]  # one of its two keys
            assert contrast(rules["--accent"], ground) >= 4.5
            assert contrast(rules["--accent-strong"], ground) >= 4.5
        assert contrast(rules["--on-accent"], rules["--accent"]) >= 4.5
        assert contrast(rules["--on-accent"], rules["--accent-strong"]) >= 4.5


def test_two_accents_are_taken_as_they_are() -> None:
    light, dark = colours(accent_sheet("#7c3aed, #c4b5fd"))
    assert (light["--accent"], dark["--accent"]) == ("#7c3aed", "#c4b5fd")


@pytest.mark.parametrize(
    ("accent", "why"),
    [
        ("#ffcc00", "the accent #ffcc00 cannot be read on light pages: its contrast is 1.3"),
        ("#7c3aed,#222222", "the accent #222222 cannot be read on dark pages.*a lighter colour"),
        ("red", "an accent is a colour like #0b5e4d"),
        ("#fff", "an accent is a colour"),
        ("#000000;}", "an accent is a colour"),
        ("#000000,#ffffff,#ffffff", "an accent is a colour"),
    ],
)
def test_an_accent_that_cannot_be_read_is_refused(accent: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        accent_sheet(accent)


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    for scheme, palette in palettes().items():
        known = tuple(palette[name] for name in ("ground", "surface", "sunken"))
        assert GROUNDS[scheme] == known  # type: ignore[index]  # one of its two keys


def test_colours_mix() -> None:
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"


@pytest.mark.parametrize("said", ["", " ", "a\nb", "a" * 41, "\u202eabc", "=?utf-8?q?a=0D=0AB?="])
def test_a_name_that_cannot_be_shown_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="1 to 40 characters"):
        site_name(said)


def test_every_page_has_the_sites_name_logo_and_accent(tmp_path: Path) -> None:
    (tmp_path / "mark.png").write_bytes(PNG)
    logo = read_logo(tmp_path / "mark.png")
    site = Site(site_name(" Ada & Söhne "), logo, accent_sheet("#7c3aed"))
    files = site_files(site)
    assert {each.media_type for each in files.values()} == {"image/png", "text/css; charset=utf-8"}
    for page in every_page("plain").values():
        html = render(page, site)
        assert all(f'="/static/{name}"' in html for name in files)
        assert " · Ada &amp; Söhne</title>" in html
        assert "Doorward" not in html


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("mark.gif", PNG, "is none of .svg, .png, .webp"),
        ("mark.svg", PNG, "is not a .svg file"),
        ("mark.png", PNG + bytes(256 * 1024), "is larger than 256 KiB"),
    ],
)
def test_what_is_no_logo_is_refused(tmp_path: Path, name: str, body: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(ValueError, match=why):
        read_logo(tmp_path / name)


def test_a_logo_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_logo(tmp_path / "mark.png")
