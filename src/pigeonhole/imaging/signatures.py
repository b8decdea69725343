"""Recognize the format of a file by its first bytes."""

import re

HEAD_BYTES = 512
"""Number of bytes from the start of a file that decide its format."""

HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIF_CONTAINER_BRANDS = frozenset({b"mif1", b"mif2", b"msf1", b"miaf", b"1pic"})
"""Major brands of HEIF files that don't name the codec."""

_IMAGE_SIGNATURES = (
    (rb"\xff\xd8\xff", "JPEG"),
    (rb"\x89PNG\r\n\x1a\n", "PNG"),
    (rb"GIF8[79]a", "GIF"),
    (rb"RIFF....WEBP", "WEBP"),
    (rb"II[*+]\0|MM\0[*+]", "TIFF"),
    (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", "JPEG2000"),
    # The length of the header follows, so that texts that start with BM don't match.
    (rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", "BMP"),
    (rb"P[1-6Ff]\s+(#[^\n]*\n\s*)*\d+\s", "PPM"),
)
_OTHER_SIGNATURES = (
    (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL image, which isn't supported"),
    (rb"8BPS", "a Photoshop file, which isn't supported"),
    (rb"....ftypcrx ", "a raw camera file, which isn't supported"),
    (rb"....ftyp|\x1aE\xdf\xa3|RIFF....AVI |....moov|....mdat", "a video"),
    (rb"%PDF|.{0,3}%PDF", "a PDF document"),
    (rb"PK\x03\x04", "a ZIP archive"),
    (
        rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg",
        "a drawing",
    ),
    (rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype html|html)", "a web page"),
    (rb"version https://git-lfs", "a Git LFS pointer; run `git lfs pull`"),
)


def image_format(head: bytes) -> str | None:
    """Return Pillow's name of the format of a file with these first bytes, or None."""
    if head[4:8] == b"ftyp":
        return _iso_format(head)
    return _match(_IMAGE_SIGNATURES, head)


def describe_other(head: bytes) -> str | None:
    """Return what a file is, such as "a video", if it isn't a supported image."""
    return _match(_OTHER_SIGNATURES, head)


def _iso_format(head: bytes) -> str | None:
    """Return the format of an ISO base media file, which its brands reveal."""
    end = min(int.from_bytes(head[:4]), len(head))
    # The major brand, its version, and the compatible brands.
    major, others = head[8:12], {head[i : i + 4] for i in range(16, end, 4)}
    brands = {major, *others}
    if brands & HEIF_BRANDS:
        return "HEIF"
    if brands & AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if major in HEIF_CONTAINER_BRANDS else None


def _match(signatures: tuple[tuple[bytes, str], ...], head: bytes) -> str | None:
    for pattern, name in signatures:
        if re.match(pattern, head, re.DOTALL):
            return name
    return None
