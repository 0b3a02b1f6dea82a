"""Initialisers: fill a Tensor in place and return it. PyTorch's names and formulas.

They draw from the stream that `backprop.manual_seed` starts, unless given a generator.
"""

from __future__ import annotations

import math
from typing import Any

import backends

from ..defaults import default_generator
from ..tensor import Tensor
from .functional._checks import integer

_GAINS = {
    "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0, "conv_transpose3d": 1.0, "sigmoid": 1.0, "identity": 1.0,
    "tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 3.0 / 4.0,
}  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights before this activation are widened.

    >>> calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        if isinstance(param, bool) or not isinstance(param, (int, float, type(None))):
            raise ValueError(f"param: got {param!r}, wanted the negative slope, a number")
        return math.sqrt(2.0 / (1.0 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        names = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"nonlinearity: got {nonlinearity!r}, wanted one of {names}")
    return _GAINS[nonlinearity]


def _set(tensor: Tensor, raw: Any) -> Tensor:
    return tensor.copy_(Tensor(raw))


def _draw(kind: str, tensor: Tensor, generator: Any) -> Any:
    source = generator or default_generator()
    return getattr(source, kind)(tensor.shape, tensor.dtype.name, backends.of(tensor.data))


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan in, fan out): how many inputs an output sees, and how many outputs an input feeds."""
    if tensor.ndim < 2:
        raise ValueError(f"tensor: got shape {tensor.shape}, wanted at least two axes (out, in)")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode: got {mode!r}, wanted 'fan_in' or 'fan_out'")
    return fans(tensor)[0 if mode == "fan_in" else 1]


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One value everywhere."""
    xp = backends.namespace(tensor.data)
    return _set(tensor, xp.full_like(tensor.data, val))


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix."""
    if tensor.ndim != 2:
        raise ValueError(f"tensor: got shape {tensor.shape}, wanted a matrix")
    backend = backends.of(tensor.data)
    return _set(
        tensor, backend.xp.eye(*tensor.shape, dtype=tensor.data.dtype, device=backend.device)
    )


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Evenly spread over [a, b)."""
    if not a <= b:
        raise ValueError(f"b: got {b}, wanted at least a = {a}")
    return _set(tensor, _draw("uniform", tensor, generator) * (b - a) + a)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with this mean and standard deviation."""
    return _set(tensor, _draw("normal", tensor, generator) * std + mean)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Normal with this mean and standard deviation, given that it lies in [a, b].

    The inverse distribution function of even numbers between those of a and b.
    """
    if not a < b:
        raise ValueError(f"b: got {b}, wanted more than a = {a}")
    if not std > 0:
        raise ValueError(f"std: got {std}, wanted a positive number")
    backend = backends.of(tensor.data)
    low, high = (0.5 * math.erfc((mean - x) / std * math.sqrt(0.5)) for x in (a, b))
    even = (generator or default_generator()).uniform(tensor.shape, "float64", backend)
    clip = backends.kernels.clip
    z = backends.kernels.normal_quantile(clip(even * (high - low) + low, 1e-300, 1.0 - 2.0**-53))
    raw = backend.xp.astype(clip(z * std + mean, a, b), tensor.data.dtype)
    return _set(tensor, raw)


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution's weights (out, in, ...) that hand each channel on unchanged, as many of them
    as there are; with groups, each group's."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"tensor: got shape {tensor.shape}, wanted three to five axes")
    out, into, *field = tensor.shape
    number = integer(groups)
    if number is None or number < 1 or out % number:
        raise ValueError(f"groups: got {groups!r}, wanted a divisor of out = {out}")
    groups = number
    backend = backends.of(tensor.data)
    xp, dtype = backend.xp, tensor.data.dtype
    with backend.on_device():
        one = xp.eye(out // groups, into, dtype=dtype, device=backend.device)
        raw = xp.zeros(tensor.shape, dtype=dtype, device=backend.device)
        raw[(slice(None), slice(None), *[n // 2 for n in field])] = xp.concat([one] * groups)
    return _set(tensor, raw)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal with standard deviation std, but this share of each column's elements 0.

    Source: Martens, "Deep learning via Hessian-free optimization" (2010).
    """
    if tensor.ndim != 2:
        raise ValueError(f"tensor: got shape {tensor.shape}, wanted a matrix")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparsity: got {sparsity}, wanted a share from 0 to 1")
    xp = backends.namespace(tensor.data)
    rows = tensor.shape[0]
    values = _draw("normal", tensor, generator) * std
    even = _draw("uniform", tensor, generator)
    order = xp.argsort(xp.argsort(even, axis=0, stable=True), axis=0, stable=True)
    return _set(tensor, xp.where(order < math.ceil(sparsity * rows), xp.zeros_like(values), values))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform in ±gain sqrt(6 / (fan in + fan out)): keeps variances in both passes.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16.
    """
    bound = gain * math.sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with standard deviation gain sqrt(2 / (fan in + fan out)). Source: as the uniform."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Uniform in ±gain sqrt(3 / fan).

    Source: He et al., "Delving deep into rectifiers" (2015), equation 10.
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3.0 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Normal with standard deviation gain / sqrt(fan). Source: as the uniform."""
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """A random matrix with orthonormal rows (or columns, if it has more rows), times gain.

    It is the Q of a normal matrix's QR decomposition, with the signs that make R's diagonal
    positive, so that it is uniform over the orthogonal matrices.

    Source: Saxe, McClelland, Ganguli, "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks" (2013).
    """
    if tensor.ndim < 2:
        raise ValueError(f"tensor: got shape {tensor.shape}, wanted at least two axes (out, in)")
    xp = backends.namespace(tensor.data)
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    source, backend = generator or default_generator(), backends.of(tensor.data)
    flat = source.normal((max(rows, columns), min(rows, columns)), tensor.dtype.name, backend)
    q, r = xp.linalg.qr(flat)
    q = q * xp.sign(xp.linalg.diagonal(r))
    if rows < columns:
        q = xp.matrix_transpose(q)
    return _set(tensor, xp.reshape(q * gain, tensor.shape))
