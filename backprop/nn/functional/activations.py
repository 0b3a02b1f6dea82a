"""Activations: a function of each element."""

from __future__ import annotations

from typing import Any

import backends

from ... import rules
from ...defaults import default_generator
from ...operation import prefix
from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import axis
from ._checks import floats

__all__ = [
    "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "leaky_relu", "logsigmoid", "mish", "prelu", "relu", "relu6", "rrelu", "selu", "sigmoid",
    "silu", "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold",
]  # fmt: skip

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

_relu, _sigmoid, _tanh = (prefix(p) for p in (rules.relu, rules.sigmoid, rules.tanh))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0). Nothing is written in place, here and below, whatever `inplace` says."""
    try:  # here, where a call more is felt, the usual dtypes pass without one
        usual = input.data.dtype.kind == "f"
    except AttributeError:
        usual = False
    return _relu(input if usual else floats(input, "relu", kinds="fiu"))


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + e^-x)."""
    return _sigmoid(floats(input, "sigmoid"))


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return _tanh(floats(input, "tanh", kinds="fc"))


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope x."""
    return rules.leaky_relu(floats(input, "leaky_relu"), slope=negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, else weight x; weight is one number, or one for each channel (axis 1)."""
    floats(input, "prelu")
    tensor(weight, "prelu", "weight")
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.size not in (1, channels):
        raise ValueError(
            f"prelu: weight: got shape {weight.shape}, wanted one number or {channels}, one for "
            f"each channel of an input of shape {input.shape}"
        )
    shape = (1,) if weight.size == 1 else (channels, *[1] * (input.ndim - 2))
    slopes = rules.reshape(weight, shape=shape if input.ndim else ())
    return rules.where(input > 0, input, input * slopes)


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Tensor:
    """x where x > 0, else r x, r drawn from [lower, upper] for each element in training, and their
    mean in use."""
    floats(input, "rrelu")
    check_rrelu("rrelu", lower, upper)
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    x = input.data
    drawn = default_generator().uniform(x.shape, x.dtype, backends.of(x)) * (upper - lower) + lower
    return rules.where(input > 0, input, input * Tensor(drawn))


def check_rrelu(where: str, lower: float, upper: float) -> None:
    """Refuse bounds in the wrong order."""
    if not lower <= upper:
        raise ValueError(f"{where}: lower: got {lower}, wanted at most upper = {upper}")


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha (e^x - 1)."""
    if not alpha >= 0:  # its derivative is told from the sign of its value
        raise ValueError(f"elu: alpha: got {alpha}, wanted a number of at least 0")
    return rules.elu(floats(input, "elu"), alpha=alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """1.0507... elu(x, 1.6732...): mean 0 and variance 1 are where a deep net of it settles.

    Source: Klambauer et al., "Self-normalizing neural networks" (2017).
    """
    return elu(floats(input, "selu"), SELU_ALPHA) * SELU_SCALE


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """max(x, 0) + min(0, alpha (e^(x / alpha) - 1)), whose derivative has no jump.

    Source: Barron, "Continuously differentiable exponential linear units" (2017).
    """
    if not alpha > 0:
        raise ValueError(f"celu: alpha: got {alpha}, wanted a positive number")
    floats(input, "celu")
    return elu(input) if alpha == 1 else elu(input / alpha) * alpha


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x Φ(x), or its approximation by tanh."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate: got {approximate!r}, wanted 'none' or 'tanh'")
    return rules.gelu(floats(input, "gelu"), approximate=approximate)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x σ(x)."""
    return rules.silu(floats(input, "silu"))


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x tanh(log(1 + e^x)). Source: Misra, "Mish" (2019)."""
    return rules.mish(floats(input, "mish"))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta; x where beta x > threshold."""
    floats(input, "softplus")
    scaled = input if beta == 1 else input * beta
    smooth = rules.softplus(scaled)
    smooth = smooth if beta == 1 else smooth / beta
    return rules.where(scaled > threshold, input, smooth)


def logsigmoid(input: Tensor) -> Tensor:
    """log(1 / (1 + e^-x)) = -log(1 + e^-x)."""
    return -rules.softplus(-floats(input, "logsigmoid"))


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """x held between min_val and max_val; the derivative is 0 from the bounds on."""
    check_bounds("hardtanh", min_val, max_val)
    return rules.hardtanh(floats(input, "hardtanh"), low=min_val, high=max_val)


def check_bounds(where: str, low: float, high: float, apart: bool = False) -> None:
    """Refuse bounds in the wrong order, or (with apart) that are one."""
    if not (low < high if apart else low <= high):
        wanted = "less than" if apart else "at most"
        raise ValueError(f"{where}: min_val: got {low}, wanted {wanted} max_val = {high}")


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6)."""
    return rules.hardtanh(floats(input, "relu6"), low=0.0, high=6.0)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """x / 6 + 1/2 held between 0 and 1."""
    shifted = floats(input, "hardsigmoid") + 3.0
    return rules.hardtanh(shifted, low=0.0, high=6.0) / 6.0


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x hardsigmoid(x). Source: Howard et al., "Searching for MobileNetV3" (2019)."""
    return rules.hardswish(floats(input, "hardswish"))


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x where |x| > lambd, else 0."""
    floats(input, "hardshrink")
    return rules.where((input >= -lambd) & (input <= lambd), 0.0, input)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x moved by lambd towards 0, and 0 where that would pass it."""
    check_lambd("softshrink", lambd)
    x = floats(input, "softshrink")
    return x - rules.clip(x, -lambd, lambd)


def check_lambd(where: str, lambd: float) -> None:
    """Refuse a negative distance."""
    if not lambd >= 0:
        raise ValueError(f"{where}: lambd: got {lambd}, wanted a number of at least 0")


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh x."""
    return floats(input, "tanhshrink", kinds="fc") - _tanh(input)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return input / (rules.abs(floats(input, "softsign")) + 1.0)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else value."""
    floats(input, "threshold")
    return rules.where(input <= threshold, value, input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """a σ(b), a and b the halves of the input along the axis.

    Source: Dauphin et al., "Language modeling with gated convolutional networks" (2017).
    """
    along = axis(dim, floats(input, "glu").shape, "glu", "dim")
    size = input.shape[along]
    if size % 2:
        raise ValueError(f"glu: dim: axis {dim} of shape {input.shape} has no two equal halves")
    before: tuple[Any, ...] = (slice(None),) * along
    a = rules.getitem(input, index=(*before, slice(None, size // 2)))
    b = rules.getitem(input, index=(*before, slice(size // 2, None)))
    return a * rules.sigmoid(b)
