"""The losses, each derived from its likelihood."""

from .base import *  # noqa: F403
from .binary import *  # noqa: F403
from .classification import *  # noqa: F403
from .ctc import *  # noqa: F403
from .divergence import *  # noqa: F403
from .likelihoods import *  # noqa: F403
from .margins import *  # noqa: F403
from .multilabel import *  # noqa: F403
from .ranking import *  # noqa: F403
from .regression import *  # noqa: F403
from .triplets import *  # noqa: F403
