"""Every primitive's record, and those of public functions made of several primitives.

A file here for each file of `backprop/rules`; `test_rules.py` runs them all.
"""

from . import arithmetic, elementwise, indexing, linalg, network, reductions, shapes

MODULES = (arithmetic, elementwise, indexing, linalg, network, reductions, shapes)
RECORDS = [record for module in MODULES for record in module.RECORDS]
