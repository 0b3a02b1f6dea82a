"""backprop: backpropagation you can read, at full speed, on a CPU or a CUDA GPU.

    import backprop as bp
    x = bp.asarray([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    x.grad                                   # tensor([2., 4.])

Read the core in this order: `graph.py`, `primitive.py`, `rules/`, `autodiff.py`,
`tensor.py`.
"""

import backends as _backends

if not {"BackendError", "Generator", "kernels"} <= set(dir(_backends)):
    raise ImportError(
        f"backprop needs its own package 'backends', but another one is found first: "
        f"{getattr(_backends, '__file__', None) or list(_backends.__path__)}; "
        "rename that one or start Python elsewhere"
    )

from backends import BackendError, Generator
from backends.precision import get_float32_matmul_precision, set_float32_matmul_precision

from . import autodiff, names, nn, optim, rules, tree, xp
from .audit import audit
from .checkpoint import checkpoint
from .defaults import (
    bool,
    complex64,
    complex128,
    default_generator,
    device,
    devices,
    float32,
    float64,
    get_default_device,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    manual_seed,
    set_default_device,
    set_default_dtype,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .function import Function, once_differentiable
from .gradcheck import gradcheck
from .graph import enable_grad, is_grad_enabled, no_grad
from .tensor import Tensor
from .transforms import grad, hessian, hvp, jacobian, jvp, stop_gradient, value_and_grad, vjp
from .xp import *  # noqa: F403
from .xp import __array_namespace_info__

names.advise(Tensor, xp, xp.linalg, xp.fft, nn.functional)


def __getattr__(name: str) -> object:
    """What not every user needs is imported at first use."""
    import importlib

    if name in ("data", "io", "train", "viz"):
        return importlib.import_module(f".{name}", __name__)
    if name == "Trainer":
        return importlib.import_module(".train", __name__).Trainer
    if name in ("capture", "CaptureError"):
        return getattr(importlib.import_module(".capturing", __name__), name)
    raise AttributeError(f"module 'backprop' has no attribute {name!r}{names.function(name)}")


__version__ = "0.1.0"
__array_api_version__ = "2025.12"
