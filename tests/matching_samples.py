"""Hypothesis strategies and helpers for tests of matching."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# Few distinct values produce ties; extreme values produce the largest distances.
BYTE_VALUES = st.one_of(
    st.integers(0, 255), st.sampled_from([0, 255]), st.just(7), st.integers(0, 1)
)


@st.composite
def image_stacks(draw, stacks=2, max_side=6, max_count=12):
    """Return stacks of small images of the same shape, gray or color."""
    side = st.integers(1, max_side)
    shape = draw(st.tuples(side, side)) + draw(st.sampled_from([(), (3,)]))
    elements = draw(
        st.sampled_from(
            [
                st.integers(0, 255),
                st.sampled_from([0, 1, 254, 255]),
                BYTE_VALUES,
                st.just(128),
            ]
        )
    )
    count = st.integers(1, max_count)
    return [
        draw(hnp.arrays(np.uint8, (draw(count), *shape), elements=elements))
        for _ in range(stacks)
    ]


@st.composite
def gray_pairs(draw, cells, tiles):
    """Return cells and tiles of a few pixels with many ties."""
    shape = draw(st.tuples(st.integers(1, 2), st.integers(1, 3)))
    values = [st.integers(0, 255), st.integers(0, 1), st.just(7)]
    elements = draw(st.sampled_from(values))
    return [
        draw(hnp.arrays(np.uint8, (draw(count), *shape), elements=elements))
        for count in (cells, tiles)
    ]


def flat(stack):
    """Return images as rows of bytes."""
    return stack.reshape(len(stack), -1)


def near_copies(random, stack, share):
    """Return copies of images in which a share of the bytes differs by 1."""
    changed = random.random(stack.shape) < share
    copies = stack + np.where(changed, random.choice([-1, 1], stack.shape), 0)
    return np.clip(copies, 0, 255).astype(np.uint8)


def difficult_sets(count):
    """Yield cells and tiles of many sizes on which a search could easily be wrong."""
    for seed in range(count):
        random = np.random.default_rng(seed)
        height, width = (int(np.exp(random.uniform(0, np.log(n)))) for n in (49, 65))
        shape = (height, width, 3) if random.random() < 0.5 else (height, width)
        m, n = random.integers(1, 9), int(np.exp(random.uniform(0, 5.3)))
        case = seed % 8
        levels = {0: 256, 1: 2, 2: 3}.get(case, 256)
        cells, tiles = (
            random.integers(0, levels, (images, *shape), np.uint8) for images in (m, n)
        )
        if case == 3:  # black and white only
            cells, tiles = (stack // 128 * 255 for stack in (cells, tiles))
        if case == 4:  # flat cells
            cells[:] = cells[..., :1, :1, :1] if len(shape) == 3 else cells[:, :1, :1]
        if case == 5:  # a single tile
            tiles = tiles[:1]
        if case == 6:  # equal tiles, and cells that are among them
            tiles = tiles[random.integers(0, max(1, n // 3), n)]
            cells = tiles[random.integers(0, n, m)]
        if case == 7:  # near copies, which the lower bounds hardly distinguish
            tiles = near_copies(random, np.repeat(tiles[:1], n, axis=0), 0.1)
            cells = near_copies(random, np.repeat(tiles[:1], m, axis=0), 0.1)
        yield cells.astype(np.uint8), tiles.astype(np.uint8)
