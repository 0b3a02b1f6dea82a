"""Who is timed: a table of contenders, each a class in a module here.

A module is imported in its contender's own process only, so it may import its library at the
top. `TABLE` must not: the parent reads it to know who there is.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from .base import Contender


class Entry(NamedTuple):
    """Where a contender's class is, how to get its library, and whether `--quick` runs it."""

    title: str
    module: str
    cls: str
    install: str
    quick: bool = True


TABLE = {
    "backprop": Entry("backprop eager", "ours", "Eager", "pip install -e ."),
    "torch": Entry("PyTorch eager", "pytorch", "Eager", "pip install torch"),
    "torch-compile": Entry("torch.compile", "pytorch", "Compiled", "pip install torch", False),
    "jax": Entry("JAX jit", "jax_jit", "Jit", "pip install jax"),
    "sklearn": Entry("scikit-learn MLP", "sklearn_mlp", "PartialFit", "pip install scikit-learn"),
    "autograd": Entry("HIPS autograd", "hips", "Autograd", "pip install autograd"),
    "numpy": Entry("NumPy by hand", "by_hand", "ByHand", "pip install numpy"),
    "floor": Entry("bare NumPy products", "by_hand", "Floor", "pip install numpy"),
    "backprop-cuda": Entry("backprop, GPU", "ours", "OnCUDA", "pip install -e .[cuda13]", False),
}
BASELINE = "torch"  # the contender that ratios are taken to, where it takes part


def load(name: str) -> Contender:
    """The contender of that name; imports its library."""
    entry = TABLE[name]
    contender: Contender = getattr(import_module(f".{entry.module}", __name__), entry.cls)()
    return contender


def choose(names: list[str] | None, quick: bool) -> list[str]:
    """The contenders asked for, in the table's order; all that suit the run if none is named."""
    for name in names or ():
        if name not in TABLE:
            raise ValueError(
                f"--contenders: there is no {name!r}, wanted some of: {', '.join(TABLE)}"
            )
    return [n for n, e in TABLE.items() if (n in names if names else e.quick or not quick)]
