"""Everyone whose photo is in a tile set."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from pigeonhole.tiles import TileRow

ADDRESS_SIGNS = ":/?#@!$&'*+,;=%-._~"
"""What stays as it is in an address; brackets would end a Markdown link."""

Credit = tuple[str, str, str, str]
"""Photographer, their page, licence, source."""


def credits_page(tile_sets: Mapping[str, Sequence[TileRow]]) -> str:
    """
    Return CREDITS.md: for each photographer the photos with links, and the licence.

    Parameters
    ----------
    tile_sets : mapping of a tile set's name to its rows
    """
    rows = {
        (row.photographer, row.photographer_url, row.licence, row.source)
        for tile_set in tile_sets.values()
        for row in tile_set
    }
    lines = [
        "# Credits",
        "",
        "The mosaics are made of tiles cut from these photos.",
        "",
    ]
    lines += [f"- {_counts(name, tile_sets[name])}" for name in sorted(tile_sets)]
    for credit in sorted(rows):
        lines += ["", *_section(credit, tile_sets.values())]
    return "\n".join(lines) + "\n"


def _counts(name: str, rows: Sequence[TileRow]) -> str:
    photos = len({row.photo for row in rows})
    return f"Tile set `{name}`: {len(rows)} tiles from {photos} photos."


def _section(credit: Credit, tile_sets: Iterable[Sequence[TileRow]]) -> list[str]:
    photographer, url, licence, source = credit
    by = _link(photographer or "Photographer unknown", url)
    on = " on [Pexels](https://www.pexels.com)" if source == "pexels" else ""
    tiles = Counter(
        (row.photo, row.page_url)
        for rows in tile_sets
        for row in rows
        if (row.photographer, row.photographer_url, row.licence, row.source) == credit
    )
    photos = [
        f"- {_link(photo, page)}: {number} tile{'s' * (number > 1)}"
        for (photo, page), number in sorted(tiles.items())
    ]
    return [
        f"## Photos by {by}{on}",
        "",
        f"Licence: {licence or 'unknown'}",
        "",
        *photos,
    ]


def _link(text: str, url: str) -> str:
    """Write a Markdown link; names come from outside and may hold anything."""
    shown = "".join("\\" + sign if sign in "\\`*_[]<>#|" else sign for sign in text)
    shown = " ".join(shown.split())
    if not url.startswith(("https://", "http://")):
        return shown
    return f"[{shown}]({quote(url, safe=ADDRESS_SIGNS)})"
