"""Modules that hold modules, and modules that hold parameters, by number or by name."""

from .module_dict import *  # noqa: F403
from .module_list import *  # noqa: F403
from .parameter_dict import *  # noqa: F403
from .parameter_list import *  # noqa: F403
