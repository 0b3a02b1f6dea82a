"""What the formulas of norms have in common.

Whether values are centred first depends on them. So there is a number that says whether they are
far from 0 (one for each row, all the same), and the formulas go either way. Beside every formula
stands what it is tried against: the same by the functions of `cpu/normalization.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .formulas import Formula
from .lines import Term


def either(far: Any, x: Any, y: Any) -> Any:
    """x where values are far from 0, else y."""
    if isinstance(far, Term):
        return far.lines.write("({1} if {0} != 0 else {2})", far, x, y)
    return np.where(far != 0, x, y)


def centred(x: Any, mean: Any, far: Any) -> Any:
    return x if mean is None else either(far, x - mean, x)


def formula(function: Any, rows: Any = None, **how: Any) -> Formula:
    def both(*given: Any, **how: Any) -> Any:
        return function(given, **how)

    return Formula(both, both, how, rows is None, rows)
