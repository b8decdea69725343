"""Credit for the photos of tile sets: CREDITS.md, credits.html and XMP metadata."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from pigeonhole.imaging.metadata import MOSAIC_SOFTWARE
from pigeonhole.tiles import TileRow, TileSet

URL_CHARACTERS = ":/?#@!$&'*+,;=%-._~"
"""Characters of a URL that aren't quoted; parentheses would end a Markdown link."""
SERVICES = {
    "pexels": ("Pexels", "https://www.pexels.com"),
    "openverse": ("Openverse", "https://openverse.org"),
}
"""Services that require attribution, with their home pages."""
LICENSE_URLS = {
    "CC0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "Pexels license": "https://www.pexels.com/license/",
}
"""Text of licenses whose names don't include a URL."""
UNKNOWN_LICENSE = "License unknown"
UNKNOWN_PHOTOGRAPHER = "Photographer unknown"

RowsByTileSet = Mapping[str, Sequence[TileRow]]
"""Name of each tile set -> its rows."""


class Link(NamedTuple):
    """A text with an optional URL."""

    text: str
    url: str = ""

    @classmethod
    def checked(cls, text: str, url: str) -> "Link":
        """Return a link on one line, without its URL if that isn't a web address."""
        is_web = url.startswith(("https://", "http://"))
        url = quote(url, safe=URL_CHARACTERS) if is_web else ""
        return cls(" ".join(text.split()), url)


@dataclass(frozen=True, slots=True)
class Section:
    """All photos of one photographer, license and source."""

    photographer: Link
    service: Link | None
    license: Link
    photos: Sequence[tuple[Link, int]]
    """Each photo, linked to its page, and the number of its tiles."""


def read_tile_rows(paths: Iterable[Path]) -> dict[str, Sequence[TileRow]]:
    """Return the ledger rows of tile sets, by the name of the set."""
    return {path.stem: TileSet.load(path).rows for path in paths}


def credits_markdown(tile_sets: RowsByTileSet) -> str:
    """Return CREDITS.md: the photos and license of each photographer."""
    introduction = "The mosaics are made of tiles cut from these photos."
    lines = ["# Credits", "", introduction, ""]
    lines += [f"- Tile set `{name}`: {size}" for name, size in _set_sizes(tile_sets)]
    for section in _sections(tile_sets):
        lines += ["", *_section_markdown(section)]
    return "\n".join(lines) + "\n"


def credits_html(tile_sets: RowsByTileSet) -> str:
    """Return credits.html: the same as a self-contained web page."""
    from pigeonhole.web.templates import render_template

    sizes, sections = _set_sizes(tile_sets), list(_sections(tile_sets))
    return render_template("credits.html", tile_sets=sizes, sections=sections)


def license_summary(rows: Iterable[TileRow]) -> str:
    """Return the number of photos per license, the most frequent license first."""
    licenses = {row.photo: row.license or UNKNOWN_LICENSE for row in rows}
    # Licenses of the same number of photos are in alphabetical order.
    counts = Counter(sorted(licenses.values())).most_common()
    photos = f"{len(licenses)} photo{'s' * (len(licenses) != 1)}"
    summary = ", ".join(f"{license} ({count})" for license, count in counts)
    return f"Made from {photos}. Licenses: {summary}"


def xmp_packet(title: str, rows: Iterable[TileRow]) -> str:
    """
    Return the XMP metadata of a mosaic: title, licenses and photographers.

    They also name the software, by which `is_mosaic` recognizes a mosaic.
    `rows` are those of the placed tiles. There is no link to the credits page: it
    would be relative to the image, which can be moved.
    """
    # Imported here: Jinja takes time to import, and not every mosaic has metadata.
    from pigeonhole.web.templates import render_template

    rows = list(rows)
    photographers = sorted({row.photographer for row in rows if row.photographer})
    return render_template(
        "mosaic.xmp",
        software=MOSAIC_SOFTWARE,
        title=_printable(title),
        rights=_printable(license_summary(rows)),
        photographers=[_printable(name) for name in photographers],
    )


def _set_sizes(tile_sets: RowsByTileSet) -> list[tuple[str, str]]:
    return [
        (name, f"{len(rows)} tiles from {len({row.photo for row in rows})} photos.")
        for name, rows in sorted(tile_sets.items())
    ]


def _sections(tile_sets: RowsByTileSet) -> Iterable[Section]:
    """Yield one section per photographer, license and source, sorted."""
    photos: defaultdict[tuple[str, ...], Counter[tuple[str, str]]]
    photos = defaultdict(Counter)
    for row in chain.from_iterable(tile_sets.values()):
        credit = row.photographer, row.photographer_url, row.license, row.source
        photos[credit][row.photo, row.page_url] += 1
    for (photographer, url, license, source), counts in sorted(photos.items()):
        service = SERVICES.get(source)
        yield Section(
            Link.checked(photographer or UNKNOWN_PHOTOGRAPHER, url),
            Link.checked(*service) if service else None,
            Link.checked(*split_license(license)),
            [(Link.checked(*photo), tiles) for photo, tiles in sorted(counts.items())],
        )


def _section_markdown(section: Section) -> list[str]:
    on = f" on {_markdown(section.service)}" if section.service else ""
    title = f"## Photos by {_markdown(section.photographer)}{on}"
    photos = [
        f"- {_markdown(photo)}: {tiles} tile{'s' * (tiles > 1)}"
        for photo, tiles in section.photos
    ]
    return [title, "", f"License: {_markdown(section.license)}", "", *photos]


def _markdown(link: Link) -> str:
    """Return a Markdown link; its text is escaped because it may contain anything."""
    text = "".join("\\" + c if c in "\\`*_[]<>#|" else c for c in link.text)
    return f"[{text}]({link.url})" if link.url else text


def split_license(license: str) -> tuple[str, str]:
    """Split a license into its name and the URL of its text, which may be empty."""
    if match := re.fullmatch(r"(.+) \((https?://[^\s()]+)\)", license):
        return match[1], match[2]
    return license or "unknown", LICENSE_URLS.get(license, "")


def _printable(text: str) -> str:
    """Replace characters that XML can't represent."""
    return "".join(c if c.isprintable() else " " for c in text)
