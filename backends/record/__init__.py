"""Recording: a function's work on arrays as a list of operations, to be run again without it.

While a tape is recording, arrays come wrapped as `Recorded`. They compute as always, and each
operation is noted: which function, of which values, to which values. Nothing here knows of layers
or gradients: a training step is its array operations and no more.

tape.py        the list, and what may be said about it while it grows
entries.py     what stands on it: values and operations
draws.py       the random numbers that a recording and its replays draw
errors.py      what cannot be recorded, and the user's line
array.py       the wrapped array
namespace.py   an array library's functions, noting what they do
replay.py      running a list again: the portable form, of which a device may have a faster one
"""

from .array import Recorded, refuse_value
from .draws import Draws
from .entries import Op, Ref, Value
from .errors import CaptureError, NotNowError, where
from .replay import Replay, replay
from .tape import Tape, ask, bare, check, current, held, hidden, host, recording

__all__ = [
    "CaptureError", "Draws", "NotNowError", "Op", "Recorded", "Ref", "Replay", "Tape", "Value",
    "ask", "bare", "check", "current", "held", "hidden", "host", "recording",
    "refuse_value", "replay", "where",
]  # fmt: skip
