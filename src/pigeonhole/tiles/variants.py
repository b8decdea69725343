"""Choose different crops of a photo or a face."""

import numpy as np

from pigeonhole.core.arrays import AnyArray, BoolArray, Float64Array, Image, Int64Array
from pigeonhole.core.geometry import Box, Size
from pigeonhole.imaging.saliency import object_map
from pigeonhole.tiles.crop import Crop, crop_box

FACE_ROTATIONS = (0, -7, 7, -4, 4)
"""Angles of crops of faces in degrees, about as much as people tilt their heads."""
FACE_ZOOMS = 6
"""Number of sizes of crops of faces, from no margin to `WIDEST_FACE_CROP`."""
WIDEST_FACE_CROP = 1.4
"""Width of the widest crop of a face, relative to the one with the set margin."""
MAX_FACE_SHIFT = 0.1
"""How far a crop of a face is shifted, as a share of its size."""
PHOTO_ZOOMS = 5
"""Number of sizes of crops of photos."""
PHOTO_POSITIONS = 7
"""Number of positions of crops of photos in each direction."""
MIN_DIFFERENCE = 0.02
"""Crops whose corners are closer than this share of their size look the same."""
MIN_SALIENCY = 0.85
"""Share of the saliency in the main crop that every crop of a photo shows."""


def face_crops(
    face: Box, photo: Size, tile: Size, margin: float, count: int
) -> list[Crop]:
    """
    Return crops of a face that differ in margin, position and rotation.

    The first one is upright and has the set margin. All show the whole face, or as much
    of it as the first one if the photo is too small, and are inside the photo.

    Parameters
    ----------
    face : Box
    photo, tile : Size
    margin : float
        Margin around the face on each side, as a fraction of its size.
    count : int
        Maximum number of crops.
    """
    main = crop_box(face, photo, tile, margin)
    if count == 1:
        return [Crop(main)]
    tightest = crop_box(face, photo, tile, 0.0).width / main.width
    zooms = np.geomspace(tightest, WIDEST_FACE_CROP, FACE_ZOOMS)
    shifts = np.linspace(-MAX_FACE_SHIFT, MAX_FACE_SHIFT, 5)
    grid = np.meshgrid(zooms, shifts, shifts, FACE_ROTATIONS, indexing="ij")
    zoom, right, down, rotation = (values.ravel() for values in grid)
    sizes = _sizes(main, photo, zoom)
    # Shift the crop, then rotate it around the center of the face.
    pivot = np.array(face.center)
    steps = np.array(main.center) - pivot + sizes * np.column_stack([right, down])
    centers = pivot + _turn(steps[:, np.newaxis], rotation)[:, 0]
    boxes = _place(centers, sizes)
    upright = rotation == 0
    boxes[upright, :2] = boxes[upright, :2].clip(0, np.array(photo) - sizes[upright])
    # The main crop comes first.
    boxes = np.vstack([main, boxes])
    rotations = np.append(0, rotation.astype(np.int64))
    usable = _are_inside(boxes, rotations, photo)
    usable &= _contain(boxes, rotations, _overlap(face, main))
    return _most_different(boxes[usable], rotations[usable], count)


def photo_crops(
    image: Image, faces: list[Box], tile: Size, min_crop: float, count: int
) -> list[Crop]:
    """
    Return crops of a photo that differ in size and position and show its subject.

    The first one is the largest crop in the middle. The others show all faces that are
    whole in it. If there are none, they keep a share of the saliency of the first one.

    Parameters
    ----------
    image : uint8 array, shape (rows, columns, 3)
    faces : list of Box
    tile : Size
    min_crop : float
        Width of the smallest crop, relative to the largest one.
    count : int
        Maximum number of crops.
    """
    photo = Size(image.shape[1], image.shape[0])
    main = main_photo_crop(photo, tile)
    if count == 1:
        return [Crop(main)]
    zooms = np.geomspace(1, min_crop, PHOTO_ZOOMS)
    positions = np.linspace(0, 1, PHOTO_POSITIONS)
    grid = np.meshgrid(zooms, positions, positions, indexing="ij")
    zoom, right, down = (values.ravel() for values in grid)
    sizes = _sizes(main, photo, zoom)
    corners = np.rint((photo - sizes) * np.column_stack([right, down]))
    boxes = np.vstack([main, np.column_stack([corners, sizes])]).astype(np.int64)
    upright = np.zeros(len(boxes), np.int64)
    whole = [face for face in faces if _overlap(face, main) == face]
    if whole:
        usable = np.all([_contain(boxes, upright, face) for face in whole], axis=0)
    else:
        saliency = _saliency(boxes, photo, object_map(image))
        usable = saliency >= MIN_SALIENCY * saliency[0]
    return _most_different(boxes[usable], upright[usable], count)


def main_photo_crop(photo: Size, tile: Size) -> Box:
    """Return the largest crop of a photo, in its middle."""
    return crop_box(Box(0, 0, *photo), photo, tile, 0.0)


def _sizes(main: Box, photo: Size, zoom: Float64Array) -> Int64Array:
    """Return widths and heights of the main crop, enlarged as far as the photo is."""
    largest = min(photo.width / main.width, photo.height / main.height)
    sizes = np.outer(np.minimum(zoom, largest), main[2:])
    return np.asarray(np.rint(sizes).astype(np.int64).clip(1, photo))


def _place(centers: Float64Array, sizes: Int64Array) -> Int64Array:
    corners = np.rint(centers - sizes / 2).astype(np.int64)
    return np.hstack([corners, sizes])


def _turn(steps: Float64Array, degrees: AnyArray) -> Float64Array:
    """Rotate vectors, shape (n, m, 2), clockwise by n angles."""
    cos = np.cos(np.radians(degrees))[:, np.newaxis]
    sin = np.sin(np.radians(degrees))[:, np.newaxis]
    x, y = steps[..., 0], steps[..., 1]
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1)


def _corners(boxes: Int64Array, rotations: Int64Array) -> Float64Array:
    """Return the corners of rotated boxes, shape (n, 4, 2)."""
    halves = boxes[:, np.newaxis, 2:] / 2
    signs = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)])
    return boxes[:, np.newaxis, :2] + halves + _turn(signs * halves, rotations)


def _are_inside(boxes: Int64Array, rotations: Int64Array, photo: Size) -> BoolArray:
    corners = _corners(boxes, rotations)
    return np.asarray(((corners >= 0) & (corners <= photo)).all(axis=(1, 2)))


def _contain(boxes: Int64Array, rotations: Int64Array, part: Box) -> BoolArray:
    """Return which rotated boxes contain an upright box."""
    halves = boxes[:, np.newaxis, 2:] / 2
    corners = _corners(np.array([part]), np.zeros(1, np.int64))
    steps = _turn(corners - boxes[:, np.newaxis, :2] - halves, -rotations)
    return np.asarray((np.abs(steps) <= halves).all(axis=(1, 2)))


def _overlap(a: Box, b: Box) -> Box:
    """Return the part of a box that is inside another one."""
    left, top = max(a.x, b.x), max(a.y, b.y)
    right = min(a.x + a.width, b.x + b.width)
    bottom = min(a.y + a.height, b.y + b.height)
    return Box(left, top, max(0, right - left), max(0, bottom - top))


def _saliency(boxes: Int64Array, photo: Size, saliency: Float64Array) -> Float64Array:
    """Return the sum of a saliency map in each box, rounded to pixels of the map."""
    sums = np.pad(saliency.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    scale = np.array(saliency.shape[::-1]) / photo
    left, top = np.rint(boxes[:, :2] * scale).astype(np.int64).T
    right, bottom = np.rint((boxes[:, :2] + boxes[:, 2:]) * scale).astype(np.int64).T
    return np.asarray(
        sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    )


def _most_different(boxes: Int64Array, rotations: Int64Array, count: int) -> list[Crop]:
    """
    Choose crops one by one, each as far as possible from those before it.

    This is farthest-first traversal. The distance of two crops is the root mean square
    of the distances of their corners, so it contains zoom, shift and rotation; the unit
    is the geometric mean of their sizes.
    """
    corners = _corners(boxes, rotations)
    sizes = np.sqrt(boxes[:, 2:].prod(axis=1))
    chosen = [0]
    distances = np.full(len(boxes), np.inf)
    while len(chosen) < count:
        steps = corners - corners[chosen[-1]]
        squares = (steps**2).sum(axis=-1).mean(axis=-1)
        squares /= sizes * sizes[chosen[-1]]
        distances = np.minimum(distances, np.sqrt(squares))
        farthest = int(distances.argmax())
        if distances[farthest] < MIN_DIFFERENCE:
            break
        chosen.append(farthest)
    return [Crop(Box(*boxes[i].tolist()), int(rotations[i])) for i in chosen]
