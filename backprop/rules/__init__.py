"""The table: every primitive with its row of derivative rules.

A row reads `vjp(primitive, rule for input 1, rule for input 2, ...)`; see `rule.vjp`.
The primitives work on bare arrays as well as on Tensors, which is what lets a rule serve for a
first derivative at full speed and for a derivative of any order.
"""

from .arithmetic import *  # noqa: F403
from .choice import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .indexing import *  # noqa: F403
from .linalg import *  # noqa: F403
from .network import *  # noqa: F403
from .reductions import *  # noqa: F403
from .shapes import *  # noqa: F403
