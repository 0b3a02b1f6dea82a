"""Kernels that NumPy can run faster than their portable form: fewer passes, fewer copies."""

from __future__ import annotations

from .activations import *  # noqa: F403
from .attention import *  # noqa: F403
from .convolution import *  # noqa: F403
from .ctc import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .indexing import *  # noqa: F403
from .linear import *  # noqa: F403
from .losses import *  # noqa: F403
from .normalization import *  # noqa: F403
from .optimizers import *  # noqa: F403
from .order import *  # noqa: F403
from .pooling import *  # noqa: F403
from .randomness import *  # noqa: F403
from .recurrent import *  # noqa: F403
from .reductions import *  # noqa: F403
from .resampling import *  # noqa: F403
from .scans import *  # noqa: F403
from .shapes import *  # noqa: F403
from .softmax import *  # noqa: F403
from .transposed_convolution import *  # noqa: F403
