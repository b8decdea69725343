"""Everyone whose photo is in a tile set: as Markdown, as a page, and in the mosaics."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from pigeonhole.tiles import TileRow

ADDRESS_SIGNS = ":/?#@!$&'*+,;=%-._~"
"""What stays as it is in an address; brackets would end a Markdown link."""
SERVICES = {
    "pexels": ("Pexels", "https://www.pexels.com"),
    "openverse": ("Openverse", "https://openverse.org"),
}
"""Services that ask to be named, with their pages."""
LICENCES = {
    "CC0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "Pexels licence": "https://www.pexels.com/license/",
}
"""Where the text of a licence stands, if its name alone doesn't tell."""
UNNAMED = "Licence unknown"
"""What stands beside a photo where nobody said."""

TileSets = Mapping[str, Sequence[TileRow]]


class Credit(NamedTuple):
    """Whom to name for some photos."""

    photographer: str
    url: str
    licence: str
    source: str


@dataclass(frozen=True, slots=True)
class Section:
    """The photos of one credit: (photo, its page) and the number of its tiles."""

    credit: Credit
    photos: Sequence[tuple[str, str, int]]


def credits_page(tile_sets: TileSets) -> str:
    """
    Return CREDITS.md: for each photographer the photos with links, and the licence.

    Parameters
    ----------
    tile_sets : mapping of a tile set's name to its rows
    """
    lines = [
        "# Credits",
        "",
        "The mosaics are made of tiles cut from these photos.",
        "",
    ]
    lines += [f"- Tile set `{name}`: {told}" for name, told in _counts(tile_sets)]
    for section in _sections(tile_sets):
        lines += ["", *_markdown(section)]
    return "\n".join(lines) + "\n"


def credits_html(tile_sets: TileSets) -> str:
    """Return credits.html, which says the same and needs no other file."""
    counts = "\n".join(
        f"<li>Tile set <code>{escape(name)}</code>: {told}</li>"
        for name, told in _counts(tile_sets)
    )
    sections = "\n".join(map(_html, _sections(tile_sets)))
    return PAGE.format(counts=counts, sections=sections)


def licence_summary(rows: Iterable[TileRow]) -> str:
    """Return how many photos have which licence, the most frequent first."""
    photos = {row.photo: row.licence or "licence unknown" for row in rows}
    counts = Counter(photos.values())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = "; ".join(f"{licence}: {number}" for licence, number in ordered)
    return f"Made of {len(photos)} photos. {told}"


def xmp_packet(title: str, rows: Sequence[TileRow], credits_address: str) -> str:
    """
    Return what a mosaic's file says of itself: title, licences, where the credits are.

    Parameters
    ----------
    title : str
    rows : sequence of TileRow
        The tiles that the mosaic shows.
    credits_address : str
        Relative to the picture, or a web address.
    """
    makers = sorted({row.photographer for row in rows if row.photographer})
    return XMP.format(
        title=_xml(title),
        rights=_xml(licence_summary(rows)),
        address=_xml(credits_address),
        makers="".join(f"<rdf:li>{_xml(maker)}</rdf:li>" for maker in makers),
    )


def _counts(tile_sets: TileSets) -> list[tuple[str, str]]:
    told = []
    for name, rows in sorted(tile_sets.items()):
        photos = len({row.photo for row in rows})
        told.append((name, f"{len(rows)} tiles from {photos} photos."))
    return told


def _sections(tile_sets: TileSets) -> list[Section]:
    """Return one section for each photographer, licence and source."""
    found: defaultdict[Credit, Counter[tuple[str, str]]] = defaultdict(Counter)
    for rows in tile_sets.values():
        for row in rows:
            credit = Credit(
                row.photographer, row.photographer_url, row.licence, row.source
            )
            found[credit][row.photo, row.page_url] += 1
    return [
        Section(
            credit,
            [(*photo, number) for photo, number in sorted(found[credit].items())],
        )
        for credit in sorted(found)
    ]


def _markdown(section: Section) -> list[str]:
    credit = section.credit
    by = _link(credit.photographer or "Photographer unknown", credit.url)
    name, page = SERVICES.get(credit.source, ("", ""))
    on = f" on [{name}]({page})" if name else ""
    photos = [
        f"- {_link(photo, page)}: {_tiles(number)}"
        for photo, page, number in section.photos
    ]
    licence, address = licence_link(credit.licence)
    return [
        f"## Photos by {by}{on}",
        "",
        f"Licence: {_link(licence, address)}",
        "",
        *photos,
    ]


def _html(section: Section) -> str:
    credit = section.credit
    by = _anchor(credit.photographer or "Photographer unknown", credit.url)
    service = SERVICES.get(credit.source, ("", ""))
    on = f" on {_anchor(*service)}" if service[0] else ""
    licence = _anchor(*licence_link(credit.licence))
    photos = "".join(
        f"<li>Photo by {by}{f' on {_anchor(service[0], page)}' if service[0] else ''}: "
        f"{_anchor(photo, page)}, {_tiles(number)}</li>\n"
        for photo, page, number in section.photos
    )
    return (
        f"<h2>Photos by {by}{on}</h2>\n<p>Licence: {licence}</p>\n<ul>\n{photos}</ul>"
    )


def _tiles(number: int) -> str:
    return f"{number} tile{'s' * (number > 1)}"


def licence_link(licence: str) -> tuple[str, str]:
    """Split a licence into its name and the address of its text."""
    if found := re.fullmatch(r"(.+) \((https?://[^\s()]+)\)", licence):
        return found[1], found[2]
    return licence or "unknown", LICENCES.get(licence, "")


def _link(text: str, url: str) -> str:
    """Write a Markdown link; names come from outside and may hold anything."""
    shown = "".join("\\" + sign if sign in "\\`*_[]<>#|" else sign for sign in text)
    shown = " ".join(shown.split())
    if not _is_address(url):
        return shown
    return f"[{shown}]({quote(url, safe=ADDRESS_SIGNS)})"


def _anchor(text: str, url: str) -> str:
    shown = escape(" ".join(text.split()))
    if not _is_address(url):
        return shown
    return f'<a href="{escape(quote(url, safe=ADDRESS_SIGNS))}">{shown}</a>'


def _is_address(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _xml(text: str) -> str:
    """Escape a text, without the signs that XML has no way to write."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Credits</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ font-size: 1.1rem; margin: 2rem 0 0; }}
li, h2 {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>Credits</h1>
<p>The mosaics are made of tiles cut from these photos.</p>
<ul>
{counts}
</ul>
{sections}
</body>
</html>
"""

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{rights}</rdf:li></rdf:Alt></dc:rights>
<dc:contributor><rdf:Bag>{makers}</rdf:Bag></dc:contributor>
<xmpRights:WebStatement>{address}</xmpRights:WebStatement>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
