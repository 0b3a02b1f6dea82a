"""Replaying a recording on the CPU: the same operations, planned ahead.

What NumPy would do anew at every step is done once. Temporary arrays get their places in one
block of memory, by how long they live; views are made; what depends on nothing is computed; what
nobody needs is left out. The rest is written out as a Python function of straight-line calls that
say where their results go.

operands.py   where a value is: an array that is there, a planned buffer, a view, a variable
build.py      from the tape's operations to steps
lower.py      which operations become which calls of NumPy's
losses.py, convolutions.py   kernels that write where they are told
buffers.py    places in memory for what is planned
source.py     the steps as a Python function
tiers.py      compiled loops and programs in the place of steps, when they are worth it
"""

from .build import compiled, plan
from .tiers import Tiers

__all__ = ["Tiers", "compiled", "plan"]
