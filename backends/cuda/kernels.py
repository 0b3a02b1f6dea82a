"""Kernels that a GPU runs faster than their portable form: one launch, one pass over memory.

The formulas are in the `.cu` files; beside each, a file of the same name gives its kernels their
arguments. What the CUDA code does not cover (another axis, mixed dtypes, nothing to do) goes to
the portable kernel.
"""

from __future__ import annotations

from .activations import *  # noqa: F403
from .attention import *  # noqa: F403
from .convolution import *  # noqa: F403
from .ctc import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .fourier import *  # noqa: F403
from .indexing import *  # noqa: F403
from .linear import *  # noqa: F403
from .losses import *  # noqa: F403
from .normalization import *  # noqa: F403
from .optimizers import *  # noqa: F403
from .pooling import *  # noqa: F403
from .randomness import *  # noqa: F403
from .recurrent import *  # noqa: F403
from .reductions import *  # noqa: F403
from .resampling import *  # noqa: F403
from .softmax import *  # noqa: F403
