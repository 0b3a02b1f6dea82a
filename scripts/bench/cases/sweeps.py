"""How the cost of a step grows: with the batch size, and with the width of the layers."""

from __future__ import annotations

from ..case import Case
from .mlp import case

ROUNDS = 8
_USUAL_BATCHES = (1, 8, 32, 128, 512, 2048, 8192)
_USUAL_WIDTHS = (8, 32, 128, 512, 2048)


def _batch(n: int) -> Case:
    when = "normal" if n in _USUAL_BATCHES else "full"
    sizes = (784, 256, 128, 10)
    return case(f"batch-sweep-b{n}", "batch-sweep", sizes, n, when=when, most_rounds=ROUNDS)


def _width(n: int) -> Case:
    when = "normal" if n in _USUAL_WIDTHS else "full"
    sizes = (784, n, n, 10)
    return case(f"width-sweep-w{n}", "width-sweep", sizes, 128, when=when, most_rounds=ROUNDS)


CASES = (*(_batch(2**i) for i in range(14)), *(_width(2**i) for i in range(3, 14)))
