"""Every kernel, in the Array API standard alone: the specification.

A device's folder may hold a faster kernel under the same name and signature; a test compares
each of those with the one here. All arguments that come before a `/` are bare arrays of one
library; results are new arrays, except where a docstring says "in place".

Nothing here is differentiated: derivative rules live in `backprop.rules`.
"""

from __future__ import annotations

from .activations import *  # noqa: F403
from .attention import *  # noqa: F403
from .contraction import *  # noqa: F403
from .convolution import *  # noqa: F403
from .ctc import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .erf import *  # noqa: F403
from .fourier import *  # noqa: F403
from .indexing import *  # noqa: F403
from .linear import *  # noqa: F403
from .linear_algebra import *  # noqa: F403
from .losses import *  # noqa: F403
from .normalization import *  # noqa: F403
from .optimizers import *  # noqa: F403
from .padding import *  # noqa: F403
from .pooling import *  # noqa: F403
from .quantile import *  # noqa: F403
from .randomness import *  # noqa: F403
from .recurrent import *  # noqa: F403
from .resampling import *  # noqa: F403
from .scans import *  # noqa: F403
from .searching import *  # noqa: F403
from .softmax import *  # noqa: F403
