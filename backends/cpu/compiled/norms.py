"""Norms as steps that loops and programs can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...record.entries import Op
from .. import normalization as plain
from ..plan.operands import in_order
from . import channel_norms, row_norms

if TYPE_CHECKING:
    from ..plan.build import Plan


def _are_rows(values: Sequence[Any], how: Any) -> bool:
    """Whether it is over the last axis."""
    shape = values[0].shape
    return how["axes"] == (len(shape) - 1,) and plain._are_rows(shape, how["axes"], how["spread"])


def _values(plan: Plan, op: Op, outs: int) -> list[Any] | None:
    """What is known of the arrays, if they are in order and of one dtype."""
    given = [plan.value(a) for a in op.args]
    there = [v for v in given if v is not None]
    if len(given) != 5 or op.live is not None or op.writes or len(op.outs) != outs:
        return None
    if len({v.dtype for v in there}) > 1 or there[0].dtype not in (np.float32, np.float64):
        return None
    ordered = all(v.strides == in_order(v.shape, v.dtype.itemsize) for v in there)
    return there if ordered and 0 not in there[0].shape and None not in op.outs else None


class Standardize:
    """How `normalization.standardize` is done by steps."""

    @staticmethod
    def lower(plan: Plan, op: Op) -> bool:
        values, out = _values(plan, op, 1), plan.out(op)
        if values is None or out is None:
            return False
        rows = _are_rows(values, op.kwargs)
        return (row_norms if rows else channel_norms).lower(plan, op, out)


class StandardizeGrad:
    """How `normalization.standardize_grad` is done by steps."""

    @staticmethod
    def lower(plan: Plan, op: Op) -> bool:
        values = _values(plan, op, 3)
        outs = [] if values is None else [plan.out(op, i) for i in range(3)]
        if values is None or None in outs:
            return False
        rows = _are_rows(values, op.kwargs)
        return (row_norms if rows else channel_norms).lower_grad(plan, op, *outs)


FORMS: dict[Any, Any] = {
    plain.standardize: Standardize, plain.standardize_grad: StandardizeGrad,
}  # fmt: skip
"""How functions are done by steps."""
