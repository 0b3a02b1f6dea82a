"""Every primitive's record, and those of public functions made of several primitives.

A file here for each file of `backprop/rules`; `test_rules.py` runs them all.
"""

from . import (
    arithmetic,
    bits,
    choice,
    comparisons,
    contraction,
    decompositions,
    diagonals,
    elementwise,
    fourier,
    indexing,
    linalg,
    network,
    norms,
    padding,
    reductions,
    rounding,
    scans,
    searching,
    shapes,
    solving,
    sorting,
    trigonometry,
    updates,
)

MODULES = (
    arithmetic,
    bits,
    choice,
    comparisons,
    contraction,
    decompositions,
    diagonals,
    elementwise,
    fourier,
    indexing,
    linalg,
    network,
    norms,
    padding,
    reductions,
    rounding,
    scans,
    searching,
    shapes,
    sorting,
    trigonometry,
    updates,
    solving,
)
RECORDS = [record for module in MODULES for record in module.RECORDS]
