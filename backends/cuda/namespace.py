"""CuPy's namespace in the standard's form, with matrix products that a CUDA graph may have."""

from __future__ import annotations

from types import ModuleType

import array_api_compat.cupy as compatible

from . import gemm

__all__ = ["xp"]


def _with_products(module: ModuleType) -> ModuleType:
    out = ModuleType(module.__name__, module.__doc__)
    vars(out).update(vars(module))
    for name in ("matmul", "tensordot", "vecdot"):
        setattr(out, name, getattr(gemm, name))
    return out


xp = _with_products(compatible)
xp.linalg = _with_products(compatible.linalg)  # type: ignore[attr-defined]
