"""Tables -> figures; never saves, never shows."""

from pigeonhole.plots.birthday import FIGURES
from pigeonhole.plots.hashes import hashes
from pigeonhole.plots.style import STYLE

__all__ = ["FIGURES", "STYLE", "hashes"]
