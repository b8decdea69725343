"""Names of array types."""

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""RGB (rows, columns, 3) or grey (rows, columns)."""
