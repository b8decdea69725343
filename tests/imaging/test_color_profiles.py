"""Colors of files with profiles, compared with littleCMS by way of libvips."""

import io
import struct

import numpy as np
import pytest
import pyvips
from image_samples import (
    PNG,
    PROFILES,
    encode,
    encode_heic,
    jp2_with_profile,
    png_with,
)
from PIL import Image, ImageCms

from pigeonhole.imaging.codecs import decode_pixels, decode_rgb
from pigeonhole.imaging.color_profiles import (
    ADOBE_GAMMA,
    ADOBE_PRIMARIES,
    P3_PRIMARIES,
    SRGB_CURVE,
    SRGB_PRIMARIES,
    conversion,
    make_profile,
    to_srgb_16,
)

CMYK_PROFILE = bytes(pyvips.Image.profile_load("cmyk"))
RGB_NAMES = [name for name in PROFILES if "gray" not in name]
GRAY_NAMES = [name for name in PROFILES if "gray" in name]
rng = np.random.default_rng(5)
PATCHES = rng.integers(0, 256, (6, 8, 3), np.uint8)


def reference(image, profile):
    """Return a Pillow image as littleCMS converts it to sRGB, without shortcuts."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(
        source, target, image.mode, "RGB", flags=ImageCms.Flags.NOOPTIMIZE
    )
    return np.asarray(ImageCms.applyTransform(image, transform), np.int16)


def exact(values, primaries, gamma):
    """Return linear-light sRGB of colors from 0 to 1, computed from the definitions."""
    columns = []
    for points in (primaries, SRGB_PRIMARIES):
        white, *colors = [np.array([x / y, 1, (1 - x - y) / y]) for x, y in points]
        matrix = np.stack(colors, axis=1)
        columns.append(matrix * np.linalg.solve(matrix, white))
    linear = np.asarray(values, float) ** gamma @ columns[0].T
    return values_of_srgb(np.clip(linear @ np.linalg.inv(columns[1]).T, 0, 1))


def values_of_srgb(light):
    """Return the values, from 0 to 255, of linear light from 0 to 1."""
    curve = 1.055 * light ** (1 / 2.4) - 0.055
    return 255 * np.where(light <= 0.0031308, 12.92 * light, curve)


def light_of_srgb(values):
    """Return the linear light, from 0 to 1, of values from 0 to 1."""
    curve = ((values + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, curve)


@pytest.mark.parametrize("name", RGB_NAMES)
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "JPEG", "WEBP", "AVIF", "HEIC"])
def test_a_profile_is_applied_in_every_format(name, file_format):
    for color in PATCHES[0, :3]:
        image = Image.new("RGB", (16, 16), tuple(int(c) for c in color))
        options = {"icc_profile": PROFILES[name]}
        if file_format == "WEBP":
            options["lossless"] = True
        if file_format in ("JPEG", "AVIF"):
            options |= {"quality": 100, "subsampling": "4:4:4"}
        save = encode_heic if file_format == "HEIC" else encode
        arguments = () if file_format == "HEIC" else (file_format,)
        content = save(image, *arguments, **options)
        # What the codec loses isn't a matter of color.
        plain = save(
            image,
            *arguments,
            **{k: v for k, v in options.items() if k != "icc_profile"},
        )
        stored = Image.fromarray(decode_rgb(plain, "x"))
        errors = np.abs(decode_rgb(content, "x") - reference(stored, PROFILES[name]))
        assert errors.max() <= 2


@pytest.mark.parametrize("name", GRAY_NAMES)
@pytest.mark.parametrize("mode", ["L", "LA"])
def test_gray_profiles(name, mode):
    gray = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(8, 32))
    content = encode(gray.convert(mode), icc_profile=PROFILES[name])
    image = decode_rgb(content, "x")
    assert np.abs(image - reference(gray, PROFILES[name])).max() <= 1
    gamma = {"linear gray": 1, "gray 1.8": 1.8, "gray 2.2": 2.2}[name]
    linear = np.repeat(np.asarray(gray)[..., None] / 255, 3, axis=2)
    assert np.abs(image - exact(linear, SRGB_PRIMARIES, gamma)).max() <= 1


@pytest.mark.parametrize("file_format", ["TIFF", "JPEG"])
def test_cmyk_with_a_profile(file_format):
    for ink in rng.integers(0, 256, (6, 4)).tolist():
        image = Image.new("CMYK", (16, 16), tuple(ink))
        options = {"icc_profile": CMYK_PROFILE}
        if file_format == "JPEG":
            options |= {"quality": 100, "subsampling": 0}
        content = encode(image, file_format, **options)
        stored = Image.open(io.BytesIO(content))
        errors = np.abs(decode_rgb(content, "x") - reference(stored, CMYK_PROFILE))
        assert errors.max() <= 2


@pytest.mark.parametrize("name", ["ProPhoto", "gray 1.8", "garbage"])
def test_profiles_in_jpeg_2000(name):
    image = Image.fromarray(PATCHES)
    if "gray" in name:
        image = image.convert("L")
    plain = encode(image, "JPEG2000", irreversible=False)
    profile = PROFILES.get(name, b"garbage")
    wanted = image.convert("RGB") if name == "garbage" else reference(image, profile)
    found = decode_rgb(jp2_with_profile(plain, profile), "x")
    assert np.abs(found - np.asarray(wanted, np.int16)).max() <= 1
    # Without a box for it, the codestream has no profile.
    bare = encode(image, "JPEG2000", irreversible=False, no_jp2=True)
    np.testing.assert_array_equal(decode_rgb(bare, "x"), decode_rgb(plain, "x"))


def test_a_palette_and_alpha_keep_their_meaning():
    profile = PROFILES["Adobe RGB"]
    image = Image.fromarray(PATCHES)
    palette = image.quantize(48)
    content = encode(palette, icc_profile=profile)
    wanted = reference(palette.convert("RGB"), profile)
    assert np.abs(decode_rgb(content, "x") - wanted).max() <= 1
    alpha = rng.integers(0, 256, PATCHES.shape[:2], np.uint8)
    rgba = Image.fromarray(np.dstack([PATCHES, alpha]))
    pixels = decode_pixels(encode(rgba, icc_profile=profile), "x")
    np.testing.assert_array_equal(pixels.alpha, alpha)
    assert np.abs(pixels.color - reference(image, profile)).max() <= 1


def test_a_gray_image_with_the_profile_of_a_color_space():
    gray = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(8, 32))
    image = decode_rgb(encode(gray, icc_profile=PROFILES["linear sRGB"]), "x")
    wanted = reference(gray.convert("RGB"), PROFILES["linear sRGB"])
    assert np.abs(image - wanted).max() <= 1


@pytest.mark.parametrize(
    "profile",
    [b"garbage", PROFILES["Display P3"][:200], PROFILES["linear gray"], CMYK_PROFILE],
    ids=["garbage", "half", "of gray", "of inks"],
)
def test_a_wrong_profile_is_ignored(profile):
    content = encode(Image.fromarray(PATCHES), icc_profile=profile)
    np.testing.assert_array_equal(decode_rgb(content, "x"), PATCHES)


def test_srgb_needs_no_conversion():
    assert conversion(PROFILES["sRGB"]) is None
    assert conversion(bytes(pyvips.Image.profile_load("srgb"))) is None
    assert conversion(make_profile(SRGB_PRIMARIES, SRGB_CURVE)) is None
    assert conversion(make_profile(P3_PRIMARIES, SRGB_CURVE)) is not None
    content = encode(Image.fromarray(PATCHES), icc_profile=PROFILES["sRGB"])
    np.testing.assert_array_equal(decode_rgb(content, "x"), PATCHES)


def content_of_16_bits(colors, profile, file_format):
    """Return a PNG or TIFF file of 16-bit colors, shape (rows, columns, 3 or 4)."""
    space = "rgb16" if colors.shape[2] == 3 else "cmyk"
    image = pyvips.Image.new_from_array(colors).copy(interpretation=space)
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return getattr(image, f"{file_format}save_buffer")()


@pytest.mark.parametrize(
    "name", ["Adobe RGB", "ProPhoto", "linear sRGB", "Display P3", "made P3"]
)
@pytest.mark.parametrize("file_format", ["png", "tiff"])
def test_16_bits(name, file_format):
    # Any color, saturated ones, and dark ones, of which eight bits have only a few.
    colors = rng.integers(0, 65536, (30, 40, 3)).astype(np.uint16)
    colors[10:20] = rng.choice([0, 1000, 40000, 65535], (10, 40, 3))
    colors[20:] >>= 5
    embedded = PROFILES.get(name) or make_profile(P3_PRIMARIES, SRGB_CURVE)
    found = decode_rgb(content_of_16_bits(colors, embedded, file_format), "x")
    profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded)).profile
    srgb = ImageCms.createProfile("sRGB")
    source, target = (
        [p.red_colorant[0], p.green_colorant[0], p.blue_colorant[0]]
        for p in (profile, srgb)
    )
    values = colors / 65535
    # Gammas are rounded to multiples of 1/256.
    gamma = {"linear sRGB": 1, "ProPhoto": 461 / 256, "made P3": None}
    gamma = gamma.get(name, 563 / 256)
    light = values**gamma if gamma else light_of_srgb(values)
    light = np.clip(light @ (source @ np.linalg.inv(target)), 0, 1)
    assert np.abs(found - values_of_srgb(light)).max() <= 1


def test_16_bits_of_ink():
    corners = rng.integers(0, 256, (30, 40, 4)).astype(np.uint8)
    corners[:10] = rng.choice([0, 255], (10, 40, 4))
    colors = corners.astype(np.uint16) * 257
    found = decode_rgb(content_of_16_bits(colors, CMYK_PROFILE, "tiff"), "x")
    image = Image.frombytes("CMYK", (40, 30), corners.tobytes())
    np.testing.assert_array_equal(found, reference(image, CMYK_PROFILE))
    # Between two levels of an ink, the result is between theirs.
    colors[..., 3] = np.minimum(colors[..., 3], 254 * 257) + 128
    corners = (colors // 257).astype(np.uint8)
    found = decode_rgb(content_of_16_bits(colors, CMYK_PROFILE, "tiff"), "x")
    near = []
    for added in (0, 1):
        corners[..., 3] += added
        image = Image.frombytes("CMYK", (40, 30), corners.tobytes())
        near.append(reference(image, CMYK_PROFILE))
    assert np.abs(found - np.mean(near, axis=0)).max() <= 1


def test_16_bit_gray():
    values = np.linspace(0, 3000, 400).astype(np.uint16).reshape(20, 20)
    content = encode(Image.fromarray(values), icc_profile=PROFILES["linear gray"])
    wanted = exact(np.repeat(values[..., None] / 65535, 3, 2), SRGB_PRIMARIES, 1)
    assert np.abs(decode_rgb(content, "x") - wanted).max() <= 1
    alpha = np.full_like(values, 65535)
    image = pyvips.Image.new_from_array(np.dstack([values, alpha]))
    image = image.copy(interpretation="grey16")
    profile = PROFILES["linear gray"]
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    found = decode_pixels(image.pngsave_buffer(), "x")
    assert found.alpha.min() == 255
    assert np.abs(found.color - wanted).max() <= 1


def test_16_bits_with_alpha():
    colors = rng.integers(0, 65536, (8, 9, 4)).astype(np.uint16)
    image = pyvips.Image.new_from_array(colors).copy(interpretation="rgb16")
    profile = PROFILES["ProPhoto"]
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    found = decode_pixels(image.pngsave_buffer(), "x")
    wanted = decode_rgb(content_of_16_bits(colors[..., :3].copy(), profile, "png"), "x")
    np.testing.assert_array_equal(found.color, wanted)
    assert np.abs(found.alpha - colors[..., 3] / 257).max() <= 1


def test_16_bit_colors_are_converted_in_strips(monkeypatch):
    colors = rng.integers(0, 65536, (9, 7, 3)).astype(np.uint16)
    found = conversion(PROFILES["Display P3"])
    whole = to_srgb_16(colors, found)
    monkeypatch.setattr("pigeonhole.imaging.color_profiles._STRIP_PIXELS", 14)
    np.testing.assert_array_equal(to_srgb_16(colors, found), whole)
    corners = (PATCHES.astype(np.uint16) * 257).reshape(6, 8, 3)
    wanted = reference(Image.fromarray(PATCHES), PROFILES["Display P3"])
    assert np.abs(to_srgb_16(corners, found) - wanted).max() <= 1


def test_made_profiles_agree_with_independent_ones():
    image = Image.fromarray(PATCHES)
    made = make_profile(ADOBE_PRIMARIES, (ADOBE_GAMMA,))
    difference = reference(image, made) - reference(image, PROFILES["Adobe RGB"])
    assert np.abs(difference).max() <= 1
    p3 = bytes(pyvips.Image.profile_load("p3"))
    inside = Image.fromarray((64 + PATCHES // 3).astype(np.uint8))
    difference = reference(inside, make_profile(P3_PRIMARIES, SRGB_CURVE))
    assert np.abs(difference - reference(inside, p3)).max() <= 1


def chromaticity(primaries):
    points = [round(100_000 * value) for point in primaries for value in point]
    return struct.pack(">8I", *points)


def test_png_chunks_describe_color_spaces():
    plain = decode_rgb(PNG, "x")
    linear = png_with(PNG, (b"gAMA", struct.pack(">I", 100_000)))
    wanted = exact(plain / 255, SRGB_PRIMARIES, 1)
    assert np.abs(decode_rgb(linear, "x") - wanted).max() <= 1
    gamma = (b"gAMA", struct.pack(">I", 45_455))
    adobe = png_with(PNG, gamma, (b"cHRM", chromaticity(ADOBE_PRIMARIES)))
    # Gamma 2.2 means sRGB's curve.
    profile = make_profile(ADOBE_PRIMARIES, SRGB_CURVE)
    wanted = reference(Image.fromarray(plain), profile)
    assert np.abs(decode_rgb(adobe, "x") - wanted).max() <= 1
    p3 = png_with(PNG, (b"cICP", bytes([12, 13, 0, 1])))
    wanted = reference(Image.fromarray(plain), make_profile(P3_PRIMARIES, SRGB_CURVE))
    assert np.abs(decode_rgb(p3, "x") - wanted).max() <= 1


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"gAMA", struct.pack(">I", 45_455))],
        [(b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 100_000))],
        [(b"gAMA", struct.pack(">I", 0))],
        [(b"gAMA", struct.pack(">I", 1))],
        [(b"cHRM", bytes(32))],
        [(b"cHRM", chromaticity([(0.3, 0.3)] * 4))],
        [(b"cICP", bytes([9, 16, 0, 1]))],
        [(b"cICP", b"\x01")],
    ],
)
def test_png_chunks_that_mean_srgb_or_nothing(chunks):
    np.testing.assert_array_equal(
        decode_rgb(png_with(PNG, *chunks), "x"), decode_rgb(PNG, "x")
    )


@pytest.mark.parametrize(("space", "index"), [(2, None), (0xFFFF, "R03")])
def test_cameras_name_adobe_rgb_in_exif(space, index):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    if index:
        exif.get_ifd(0x8769)[0xA005] = {1: index}
    image = Image.new("RGB", (16, 16), (60, 160, 70))
    plain = encode(image, "JPEG", quality=100, subsampling=0)
    content = encode(image, "JPEG", quality=100, subsampling=0, exif=exif)
    wanted = reference(Image.open(io.BytesIO(plain)), PROFILES["Adobe RGB"])
    assert np.abs(decode_rgb(content, "x") - wanted).max() <= 1


@pytest.mark.parametrize("space", [1, 0xFFFF, "?"])
def test_other_color_spaces_in_exif_are_srgb(space):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = space
    image = Image.new("RGB", (16, 16), (60, 160, 70))
    content = encode(image, "JPEG", exif=exif)
    np.testing.assert_array_equal(
        decode_rgb(content, "x"), decode_rgb(encode(image, "JPEG"), "x")
    )
