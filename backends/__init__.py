"""Which array library runs, on which device, with which fast kernels.

    import backends
    cpu = backends.get("cpu")          # NumPy
    gpu = backends.get("cuda:0")       # CuPy, imported only now
    cpu.xp.exp(cpu.from_host(array))

This package knows nothing of differentiation: `backprop` is built on it, never the other
way round. Every kernel is specified once, in the Array API standard alone, in `portable.py`;
a device's own folder may hold a faster one under the same name and signature, and
`dispatch.py` alone chooses between them.
"""

from .dispatch import Kernel, is_complex, kernels
from .protocol import Backend, BackendError, Clock, Memory
from .random import Generator
from .registry import available, explain, get, namespace, of, problem

__all__ = [
    "Backend",
    "BackendError",
    "Clock",
    "Generator",
    "Kernel",
    "Memory",
    "available",
    "explain",
    "get",
    "is_complex",
    "kernels",
    "namespace",
    "of",
    "problem",
]
