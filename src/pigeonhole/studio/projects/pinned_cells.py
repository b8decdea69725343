"""Notice that cells to which photos are pinned are elsewhere."""

from pigeonhole.core.geometry import Size
from pigeonhole.mosaic.targets import grid_of
from pigeonhole.studio.projects.document import Document


def cells_of(document: Document, target: Size) -> object:
    """
    Return what decides the places of the cells, for a target of a size.

    In a quadtree, it is only what decides the places that cells can have.
    """
    mosaic = document.mosaic
    grid = grid_of(target, document.tiles.size, mosaic.width)
    levels = mosaic.levels if mosaic.layout == "quadtree" else None
    return grid, mosaic.layout, levels
