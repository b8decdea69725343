"""Text is rendered as a mask."""

import numpy as np

from pigeonhole.imaging.text import render_text


def test_lines_and_columns_are_laid_out():
    mask = render_text("a\tb\nc", 20)
    assert mask.dtype == np.uint8
    assert mask.shape[0] == 2 * 30
    assert mask.max() == 255
    upper, lower = mask[:30], mask[30:]
    # The second line has a single column.
    middle = mask.shape[1] // 2
    assert upper[:, middle:].any()
    assert lower[:, :middle].any()
    assert not lower[:, middle:].any()
