"""Cells + tiles -> placement: for each cell the number of the tile that goes there."""

from pigeonhole.matching.grid import cells_of, render
from pigeonhole.matching.search.index import TileIndex
from pigeonhole.matching.strategies import Matcher, matcher

__all__ = ["Matcher", "TileIndex", "cells_of", "matcher", "render"]
