"""Loops compiled by Numba, for replays: what NumPy does in several passes, in one.

They give what NumPy gives, bit for bit: no operation is exchanged or contracted, and functions
that NumPy computes by approximations of its own (exp, tanh, ...) are NumPy's own loops, called by
address. Numba is optional (`pip install backprop[fast]`); without it a plan runs as it is.

optimizers.py   an optimizer's step in one pass
chains.py       neighbouring elementwise steps of a plan as one loop
loops.py        such a loop, compiled; trials.py: whether it gives their bits
formulas.py     activations as such loops, by their formulas
norms.py        norms as steps of a plan: row_norms.py, channel_norms.py, norm_formulas.py
indexing.py     sums of rows at places that repeat
pooling.py      max pooling in one pass
lines.py        the text of a loop
ufuncs.py       loops of NumPy by address
addresses.py    memory and C functions by address
store.py        compiled loops, kept on disk between runs
threads.py      both halves of a long array at a time
"""

from __future__ import annotations

from importlib.util import find_spec


def available() -> bool:
    """Whether Numba is installed."""
    return find_spec("numba") is not None
