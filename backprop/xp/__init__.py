"""The namespace: functions of Tensors under the Array API standard's names."""

from .creation import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .manipulation import *  # noqa: F403
from .random import *  # noqa: F403
from .statistics import *  # noqa: F403
