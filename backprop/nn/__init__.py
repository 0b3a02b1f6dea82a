"""Networks: modules, layers, losses, penalties, initialisers. PyTorch's names."""

from . import functional as functional
from . import init as init
from . import utils as utils
from .containers import *  # noqa: F403
from .layers import *  # noqa: F403
from .losses import *  # noqa: F403
from .module import *  # noqa: F403
from .penalties import *  # noqa: F403
from .sequential import *  # noqa: F403
