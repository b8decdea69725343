"""A folder of 300 unusual files: all formats, tags, color profiles and names."""

import itertools
import os
import socket
import struct
from pathlib import Path

import numpy as np
import pillow_heif
from image_samples import BAD_IMAGES, PNG, encode
from PIL import Image, ImageCms, PngImagePlugin

SIZE = 64, 48
NAMES = (
    "{x}",
    "{wildcards.target}",
    "<b>bold</b>",
    "<results>",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\vb",
    "a\x1cb",
    "a\x85b",
    "a\u2028b",
    " leading space",
    "trailing space ",
    "  ",
    "#hashtag",
    "# comment",
    "-o",
    "--force",
    "'single'",
    '"double"',
    "`command`",
    "$HOME",
    "${HOME}",
    "$(touch pwned)",
    "%s %d %(a)s",
    "a;b",
    "a&b",
    "a|b",
    "a*b?c",
    "[ab]",
    "a,b",
    "a=b",
    "a\\b",
    "a:b",
    "~",
    "!important",
    "@eaDir-not",
    "con",
    "nul",
    "CASE",
    "case",
    "\u00e4pfel",
    "a\u0308pfel",
    "\u674e\u660e",
    "\u041f\u0440\u0438\u0432\u0435\u0442",
    "\u0645\u0631\u062d\u0628\u0627",
    "\u202eright to left",
    "\u200bzero width",
    "\U0001f600",
    "\ufeffmark",
    "null",
    "true",
    "1e3",
    "0123",
    "12:30",
    "photo 1 2 3 4",
    "x" * 251,
    "\u674e" * 83,
    "invalid \udcff utf-8",
    "...dots",
)
"""Names without the suffix; Linux allows any but those with "/" and NUL."""
IGNORED = {
    "...dots.jpg",
    "._AppleDouble.jpg",
    ".hidden.jpg",
    ".DS_Store",
    "Thumbs.db",
    "notes.txt",
    "loop",
    "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
}
"""Hidden files, those of systems and servers, texts, and a link to a known folder."""


def make_hostile_folder(folder):
    """Write 300 files, all different, and return the names of the images."""
    folder.mkdir(parents=True)
    numbers = itertools.count()
    images = {}

    def add(name, content):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        images[name] = content

    for name in NAMES:
        add(f"{name}.jpg", encode(photo(next(numbers)), "JPEG"))
    for name, content in format_samples(numbers):
        add(name, content)
    for name, content in metadata_samples(numbers):
        add(name, content)
    for name, content in misnamed_samples(numbers):
        add(name, content)
    while len(images) < 290:
        number = next(numbers)
        add(f"sub {number % 7}/{number}.PNG", encode(photo(number)))
    for name, (content, _) in BAD_IMAGES.items():
        (folder / name).write_bytes(content)
    add_special_files(folder)
    return sorted(images)


def photo(number, mode="RGB"):
    """Return a smooth image that differs from those of other numbers."""
    random = np.random.default_rng(number)
    coarse = random.integers(0, 256, (4, 5, 3), np.uint8)
    image = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
    return image.convert(mode) if mode != "RGB" else image


def format_samples(numbers):
    """Yield names and contents of images in all formats and pixel formats."""
    pillow_heif.register_heif_opener()
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"{mode}.png", encode(_in_mode(next(numbers), mode))
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "LAB", "YCbCr", "I;16", "F"):
        for compression in (None, "tiff_lzw", "tiff_adobe_deflate"):
            image = _in_mode(next(numbers), mode)
            yield (
                f"{mode}-{compression}.tif",
                encode(image, "TIFF", compression=compression),
            )
    for mode, quality in itertools.product(("L", "RGB", "CMYK"), (5, 100)):
        image = photo(next(numbers), mode)
        yield (
            f"{mode}-{quality}.jpeg",
            encode(image, "JPEG", quality=quality, progressive=quality > 50),
        )
    for suffix, file_format, mode, options in (
        ("webp", "WEBP", "RGB", {}),
        ("webp", "WEBP", "RGBA", {"lossless": True}),
        ("avif", "AVIF", "RGB", {}),
        ("avif", "AVIF", "RGBA", {}),
        ("jp2", "JPEG2000", "RGB", {}),
        ("jp2", "JPEG2000", "L", {}),
        ("bmp", "BMP", "RGB", {}),
        ("bmp", "BMP", "1", {}),
        ("bmp", "BMP", "P", {}),
        ("gif", "GIF", "P", {}),
        ("heic", "HEIF", "RGB", {}),
        ("heif", "HEIF", "RGBA", {}),
        ("HEIC", "HEIF", "L", {}),
        ("jfif", "JPEG", "RGB", {}),
        ("jpe", "JPEG", "RGB", {}),
        ("jif", "JPEG", "RGB", {}),
        ("pjpeg", "JPEG", "RGB", {}),
    ):
        number = next(numbers)
        yield f"{number}.{suffix}", encode(photo(number, mode), file_format, **options)
    for suffix, file_format in (
        ("gif", "GIF"),
        ("webp", "WEBP"),
        ("png", "PNG"),
        ("tiff", "TIFF"),
        ("mpo", "MPO"),
    ):
        frames = [photo(next(numbers)) for _ in range(3)]
        content = encode(
            frames[0], file_format, save_all=True, append_images=frames[1:]
        )
        yield f"frames.{suffix}", content
    for size in ((1, 1), (1, 48), (3000, 50), (50, 3000), (7, 5)):
        image = photo(next(numbers)).resize(size)
        yield "{}x{}.png".format(*size), encode(image)


def _in_mode(number, mode):
    if mode == "I;16":
        pixels = np.asarray(photo(number, "L")).astype(np.uint16) * 257
        return Image.fromarray(pixels)
    if mode == "F":
        return Image.fromarray(np.asarray(photo(number, "L"), np.float32) / 255)
    if mode == "LAB":
        rgb, lab = (ImageCms.createProfile(name) for name in ("sRGB", "LAB"))
        return ImageCms.profileToProfile(photo(number), rgb, lab, outputMode="LAB")
    return photo(number, mode)


def metadata_samples(numbers):
    """Yield names and contents of images with valid and damaged metadata."""
    for orientation in (*range(1, 9), 0, 9, 42, 65535):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for suffix, file_format in (
            ("jpg", "JPEG"),
            ("png", "PNG"),
            ("tif", "TIFF"),
            ("webp", "WEBP"),
        ):
            image = photo(next(numbers))
            yield (
                f"turned-{orientation}.{suffix}",
                encode(image, file_format, exif=exif),
            )
    for number, block in enumerate(damaged_exif()):
        for suffix, file_format in (("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")):
            image = photo(next(numbers))
            yield (
                f"exif-{number}.{suffix}",
                encode(image, file_format, exif=b"Exif\0\0" + block),
            )
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profiles = {
        "srgb": srgb,
        "cut": srgb[:200],
        "garbage": bytes(range(256)),
        "empty-header": bytes(128),
        "wrong-space": srgb[:16] + b"CMYK" + srgb[20:],
    }
    for name, profile in profiles.items():
        for mode, suffix, file_format in (
            ("RGB", "jpg", "JPEG"),
            ("L", "jpg", "JPEG"),
            ("CMYK", "jpg", "JPEG"),
            ("RGBA", "png", "PNG"),
            ("RGB", "tif", "TIFF"),
            ("RGB", "webp", "WEBP"),
        ):
            image = photo(next(numbers), mode)
            yield (
                f"profile-{name}-{mode}.{suffix}",
                encode(image, file_format, icc_profile=profile),
            )
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "long " * 400_000, zip=True)
    yield "text.png", encode(photo(next(numbers)), pnginfo=text)
    jpeg = encode(photo(next(numbers)), "JPEG")
    yield "no-end.jpg", jpeg[:-2]
    yield "trailing.jpg", encode(photo(next(numbers)), "JPEG") + b"\0motion photo" * 99


def damaged_exif():
    """Yield EXIF blocks of one orientation tag with a wrong type, count or offset."""
    for kind, count, value in (
        (2, 4, b"six\0"),
        (7, 4, b"\xff\xfe\xfd\xfc"),
        (9, 1, struct.pack("<i", -1)),
        (10, 1, struct.pack("<I", 4000)),
        (3, 1000, struct.pack("<I", 8)),
        (13, 0, bytes(4)),
    ):
        entry = struct.pack("<HHI", 0x0112, kind, count) + value
        yield b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    yield b""
    yield b"II*\0\xff\xff\xff\x7f"


def misnamed_samples(numbers):
    """Yield names and contents of images whose suffix is missing or wrong."""
    pillow_heif.register_heif_opener()
    yield "heic inside.jpg", encode(photo(next(numbers)), "HEIF")
    yield "png inside.jpg", encode(photo(next(numbers)))
    yield "jpeg inside.png", encode(photo(next(numbers)), "JPEG")
    yield "webp inside.gif", encode(photo(next(numbers)), "WEBP")
    yield "no suffix", encode(photo(next(numbers)), "JPEG")
    yield "IMG_0001", encode(photo(next(numbers)))


def add_special_files(folder):
    """Add files that aren't images, links, and what other programs leave behind."""
    for name, content in {
        "notes.txt": b"Dear diary",
        "page.jpg": b"<!doctype html><title>Sign in</title>",
        "paper.jpg": b"%PDF-1.7\n",
        "clip.jpg": b"\0\0\0\x18ftypmp42" + bytes(100),
        "raw.dng": b"II*\0" + bytes(100),
        "raw.CR3": b"\0\0\0\x18ftypcrx " + bytes(100),
        "._AppleDouble.jpg": b"\0\5\x16\7" + bytes(100),
        ".hidden.jpg": PNG,
        ".DS_Store": b"\0\0\0\1Bud1",
        "Thumbs.db": b"\xd0\xcf\x11\xe0",
        "@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg": encode(photo(10**6), "JPEG"),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "folder.jpg").mkdir()
    (folder / "dead link.jpg").symlink_to("nowhere.jpg")
    (folder / "loop").symlink_to(".")
    (folder / "self.jpg").symlink_to("self.jpg")
    os.mkfifo(folder / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as unix_socket:
        # Its path would be too long for a socket.
        place = os.open(folder, os.O_RDONLY)
        try:
            unix_socket.bind(f"/proc/self/fd/{place}/socket.jpg")
        finally:
            os.close(place)


def snapshot(folder):
    """Return the kind, contents and modification time of every file in a folder."""
    found = {}
    for parent, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(parent, name)
            status = path.lstat()
            content = path.read_bytes() if path.is_file() else None
            found[path] = status.st_mode, status.st_mtime_ns, content
    return found
