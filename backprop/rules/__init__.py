"""The table: every primitive with its row of derivative rules.

A row reads `vjp(primitive, rule for input 1, rule for input 2, ...)`; see `rule.vjp`.
The primitives work on bare arrays as well as on Tensors, which is what lets a rule serve for a
first derivative at full speed and for a derivative of any order.
"""

from .activations import *  # noqa: F403
from .arithmetic import *  # noqa: F403
from .attention import *  # noqa: F403
from .bits import *  # noqa: F403
from .choice import *  # noqa: F403
from .comparisons import *  # noqa: F403
from .contraction import *  # noqa: F403
from .convolution import *  # noqa: F403
from .ctc import *  # noqa: F403
from .decompositions import *  # noqa: F403
from .diagonals import *  # noqa: F403
from .elementwise import *  # noqa: F403
from .embedding import *  # noqa: F403
from .fourier import *  # noqa: F403
from .indexing import *  # noqa: F403
from .joining import *  # noqa: F403
from .linalg import *  # noqa: F403
from .losses import *  # noqa: F403
from .network import *  # noqa: F403
from .normalization import *  # noqa: F403
from .norms import *  # noqa: F403
from .padding import *  # noqa: F403
from .pooling import *  # noqa: F403
from .recurrent import *  # noqa: F403
from .reductions import *  # noqa: F403
from .repetition import *  # noqa: F403
from .resampling import *  # noqa: F403
from .rounding import *  # noqa: F403
from .scans import *  # noqa: F403
from .searching import *  # noqa: F403
from .shapes import *  # noqa: F403
from .solving import *  # noqa: F403
from .sorting import *  # noqa: F403
from .trigonometry import *  # noqa: F403
from .updates import *  # noqa: F403
