"""Programs: stretches of a plan that several threads do together, in one call.

Elsewhere one thread calls NumPy step by step, and OpenBLAS shares out each product. Then what one
core wrote the other reads, and that takes longer than to compute it: an optimizer's step over
gradients that lie in two cores' caches takes several times as long as over those in one. In a
program every thread has its part of the products' columns, and goes on with it: the activation of
what it multiplied, the update of the weights whose gradients it computed. They wait for one
another only where one reads what another wrote.

machine.py        what Numba has no words for: addresses, atomic numbers, barriers
memory.py         where matrices are, and whether two calls touch the same memory
calls.py          calls of kernels, and tables of them
kernels.py        C functions by address: NumPy's own BLAS, and a few loops
products.py       matrix products in parts, with the bits of the whole
conv_kernels.py   convolutions, block by block
convolutions.py   their images, or their weights' rows, shared out
updates.py        optimizers' steps
shared.py         functions whose rows, or heads, are shared out
rnn_kernels.py    LSTMs and GRUs over some rows of a batch
recurrences.py    them as such functions
attention_kernels.py  attention of some heads
attentions.py     it as such a function
forms.py          which steps become which calls
program.py        calls as one call
team.py           the threads
build.py          from steps to programs
"""

from . import attentions, recurrences
from .build import gathered, programs, warm

FORMS = {**attentions.FORMS, **recurrences.FORMS}
"""Other forms of kernels."""

__all__ = ["FORMS", "gathered", "programs", "warm"]
