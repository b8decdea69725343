"""Tables -> figures; never saves, never shows."""

from pigeonhole.plots.birthday import FIGURES
from pigeonhole.plots.hashes import OF_HASHES
from pigeonhole.plots.style import STYLE

__all__ = ["FIGURES", "OF_HASHES", "STYLE"]
