"""The namespace: functions of Tensors under the Array API standard's names."""

from types import ModuleType as _Module

from . import fft as fft
from . import linalg as linalg
from .arithmetic import *  # noqa: F403
from .bits import *  # noqa: F403
from .choice import *  # noqa: F403
from .comparisons import *  # noqa: F403
from .constants import *  # noqa: F403
from .creation import *  # noqa: F403
from .data_types import *  # noqa: F403
from .einsum import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .indexing import *  # noqa: F403
from .info import *  # noqa: F403
from .linear_algebra import *  # noqa: F403
from .manipulation import *  # noqa: F403
from .padding import *  # noqa: F403
from .random import *  # noqa: F403
from .rounding import *  # noqa: F403
from .searching import *  # noqa: F403
from .sets import *  # noqa: F403
from .sorting import *  # noqa: F403
from .statistics import *  # noqa: F403
from .trigonometry import *  # noqa: F403
from .updates import *  # noqa: F403
from .utility import *  # noqa: F403

__all__ = [
    name
    for name, value in globals().items()
    if not name.startswith("_") and (name in ("fft", "linalg") or not isinstance(value, _Module))
]  # the functions, without the files they are in
