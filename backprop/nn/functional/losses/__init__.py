"""Losses as functions of Tensors; `nn.losses` derives each from its likelihood."""

from .binary import *  # noqa: F403
from .classification import *  # noqa: F403
from .ctc import *  # noqa: F403
from .divergence import *  # noqa: F403
from .likelihoods import *  # noqa: F403
from .margins import *  # noqa: F403
from .ranking import *  # noqa: F403
from .regression import *  # noqa: F403
