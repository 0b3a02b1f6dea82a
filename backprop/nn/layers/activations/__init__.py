"""Activations: a function of each unit's value (softmax: of all units' together).

`inplace=True` is taken for PyTorch's sake; nothing is written in place.
"""

from .bounded import *  # noqa: F403
from .gates import *  # noqa: F403
from .rectifiers import *  # noqa: F403
from .shrinking import *  # noqa: F403
from .sigmoids import *  # noqa: F403
from .smooth import *  # noqa: F403
from .softmax import *  # noqa: F403
