"""Who is timed: a table of contenders, each a class in a module here.

A module is imported in its contender's own process only, so it may import its library at the
top. `TABLE` must not: the parent reads it to know who there is.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from .base import Contender


class Entry(NamedTuple):
    """A contender.

    Attributes:
        title: what the tables call it.
        module, cls: where its class is.
        install: how to get its library.
        quick: whether `--quick` runs it.
        sweeps: whether the sweeps over sizes do (others only where they are named).
        cuda: whether it can run on CUDA.
    """

    title: str
    module: str
    cls: str
    install: str
    quick: bool = True
    sweeps: bool = True
    cuda: bool = True


TABLE = {
    "backprop-capture": Entry(
        "backprop captured", "backprop_captured", "Captured", "pip install -e ."
    ),
    "backprop-numba": Entry(
        "backprop captured, Numba", "backprop_compiled", "Compiled", "pip install numba",
        quick=False, cuda=False,
    ),
    "backprop": Entry("backprop eager", "backprop_eager", "Eager", "pip install -e ."),
    "torch": Entry("PyTorch eager", "torch_eager", "Eager", "pip install torch"),
    "torch-compile": Entry(
        "torch.compile", "torch_compiled", "Compiled", "pip install torch", quick=False
    ),
    "jax": Entry("JAX jit", "jax_jit", "Jit", "pip install jax, on CUDA jax[cuda13]"),
    "sklearn": Entry(
        "scikit-learn MLP", "sklearn_mlp", "PartialFit", "pip install scikit-learn",
        sweeps=False, cuda=False,
    ),
    "tinygrad": Entry(
        "tinygrad TinyJit", "tinygrad_jit", "Jit", "pip install tinygrad, and clang on a CPU",
        quick=False, sweeps=False,
    ),
    "autograd": Entry(
        "HIPS autograd", "hips", "Autograd", "pip install autograd", sweeps=False, cuda=False
    ),
    "numpy": Entry("NumPy by hand", "by_hand", "ByHand", "pip install numpy", cuda=False),
    "floor": Entry(
        "bare products", "floor", "Floor", "pip install numpy, on CUDA cupy-cuda13x"
    ),
}  # fmt: skip
BASELINE = "torch"  # the contender that ratios are taken to, where it takes part


def load(name: str, device: str = "cpu", tf32: bool = False) -> Contender:
    """The contender of that name; imports its library.

    Raises:
        ImportError: it is not installed, or cannot use the device.
    """
    entry = TABLE[name]
    contender: Contender = getattr(import_module(f".{entry.module}", __name__), entry.cls)(
        device, tf32
    )
    return contender


def choose(names: list[str] | None, quick: bool) -> list[str]:
    """The contenders asked for, in the table's order; all that suit the run if none is named."""
    for name in names or ():
        if name not in TABLE:
            raise ValueError(
                f"--contenders: there is no {name!r}, wanted some of: {', '.join(TABLE)}"
            )
    return [n for n, e in TABLE.items() if (n in names if names else e.quick or not quick)]
