"""Normalisation: values brought to mean 0 and variance 1, over axes that differ by kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from backends import kernels

from ... import rules
from ...changes import overwritten
from ...tensor import Tensor
from ...xp import arange, finfo
from ...xp._check import tensor
from ...xp._shapes import axes as checked_axes
from ...xp._shapes import integers
from ._checks import whole

move_towards = kernels.move_towards

__all__ = [
    "batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize",
    "rms_norm",
]  # fmt: skip

Shape = tuple[int, ...]


def floating(where: str, input: Any) -> Tensor:
    """The input, if it is a Tensor of real floating-point numbers."""
    x = tensor(input, where, "input")
    if x.dtype.kind != "f":
        raise TypeError(
            f"{where}: input: got dtype {x.dtype}, wanted real floating-point numbers; "
            "convert it first: input.astype(backprop.float32)"
        )
    return x


def _fits(where: str, x: Tensor, shape: Shape, **given: Tensor | None) -> None:
    """Raise unless each Tensor there has this shape and the input's dtype."""
    for name, t in given.items():
        if t is None:
            continue
        if not isinstance(t, Tensor) or tuple(t.data.shape) != shape:
            got = f"shape {t.shape}" if isinstance(t, Tensor) else f"a {type(t).__name__}"
            raise ValueError(
                f"{where}: {name}: got {got}, wanted a Tensor of shape {shape} "
                f"for an input of shape {x.shape}"
            )
        if t.data.dtype != x.data.dtype:
            raise TypeError(
                f"{where}: {name} is {t.dtype} and input {x.dtype}; convert the data "
                f"(x.astype({name}.dtype)) or the model (model.to(x.dtype))"
            )


def _check_eps(where: str, eps: Any) -> None:
    """Raise unless a variance can be kept from 0 by it."""
    if not isinstance(eps, Real) or not float(eps) >= 0:
        raise ValueError(f"{where}: eps: got {eps!r}, wanted a number of at least 0")


def _check_both(where: str, mean: Any, var: Any) -> None:
    """Raise where one running statistic is given without the other."""
    if (mean is None) != (var is None):
        got, beside = ("running_mean", "running_var")[:: 1 if mean is None else -1]
        raise ValueError(f"{where}: {got}: got None beside a {beside}, wanted both or neither")


def _track(
    mean: Tensor, var: Tensor, count: int, momentum: Any,
    running_mean: Tensor | None, running_var: Tensor | None,
) -> None:  # fmt: skip
    """Move the running statistics towards those of a batch, the variance without bias."""
    if isinstance(momentum, Tensor):
        momentum = momentum.data
    elif not isinstance(momentum, Real):
        raise TypeError(f"momentum: got {momentum!r}, wanted a number")
    for running, value, factor in (
        (running_mean, mean, 1.0),
        (running_var, var, count / (count - 1) if count > 1 else math.nan),
    ):
        if running is not None:
            move_towards(running.data, value.data, momentum, factor)
            overwritten(running.data, running.node)


def _with_given(
    x: Tensor, mean: Tensor, var: Tensor, weight: Tensor | None, bias: Tensor | None,
    spread: Shape, eps: float,
) -> Tensor:  # fmt: skip
    """(x - mean) / sqrt(var + eps) weight + bias with constants: x scale + shift."""
    scale = (var.detach() + eps) ** -0.5
    if weight is not None:
        scale = scale * weight
    shift = -mean.clone().detach() * scale  # a copy: the running mean will move on
    if bias is not None:
        shift = shift + bias
    return rules.scale_shift(x, scale.reshape(spread), shift.reshape(spread))


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) weight + bias for each channel; see `nn.BatchNorm2d`.

    In training the statistics are the batch's, and the running ones, where given, are moved
    towards them in place: running <- (1 - momentum) running + momentum (mean, or the variance
    without bias). Else they are the running ones.

    Shape: (N, C, ...) -> the same; all others (C,).

    >>> import backprop as bp
    >>> x = bp.asarray([[1.0], [3.0]])
    >>> bp.nn.functional.batch_norm(x, None, None, training=True, eps=1e-12)
    tensor([[-1.],
            [ 1.]])
    """
    x = floating("batch_norm", input)
    shape = tuple(x.data.shape)
    if len(shape) < 2:
        raise ValueError(f"batch_norm: input: got shape {shape}, wanted (N, C, ...)")
    channels, axes = (shape[1],), (0, *range(2, len(shape)))
    _fits("batch_norm", x, channels, running_mean=running_mean, running_var=running_var,
          weight=weight, bias=bias)  # fmt: skip
    _check_both("batch_norm", running_mean, running_var)
    spread = (1, *channels, *[1] * (len(shape) - 2))
    _check_eps("batch_norm", eps)
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError(
                "batch_norm: running_mean and running_var: got None, wanted Tensors, or "
                "training=True to use the batch's own"
            )
        return _with_given(x, running_mean, running_var, weight, bias, spread, eps)
    count = math.prod(shape[a] for a in axes)
    if count == 1:
        raise ValueError(
            f"batch_norm: input: got shape {shape}, wanted more than one value a channel in "
            "training (their variance is 0); use a larger batch, or eval()"
        )
    if not eps > 0:
        raise ValueError(f"batch_norm: eps: got {eps}, wanted a positive number in training")
    if count == 0:  # a batch of nothing has no statistics, and moves none
        zero = x.detach().sum(axis=axes)
        return _with_given(x, zero, zero, weight, bias, spread, eps)
    mean, var = rules.moments(x, axes=axes)
    _track(mean, var, count, momentum, running_mean, running_var)
    return rules.standardize(x, mean, var, weight, bias, axes=axes, spread=spread, eps=eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) weight + bias for each channel of each sample; see
    `nn.InstanceNorm2d`.

    Running statistics, where given, are moved towards the samples' mean statistics in place, and
    are used instead of them if not `use_input_stats`.

    Shape: (N, C, ...) -> the same; all others (C,).
    """
    x = floating("instance_norm", input)
    shape = tuple(x.data.shape)
    if len(shape) < 2 + use_input_stats:
        wanted = "(N, C, ...) with at least three axes" if use_input_stats else "(N, C, ...)"
        raise ValueError(f"instance_norm: input: got shape {shape}, wanted {wanted}")
    channels, axes = (shape[1],), tuple(range(2, len(shape)))
    _fits("instance_norm", x, channels, running_mean=running_mean, running_var=running_var,
          weight=weight, bias=bias)  # fmt: skip
    _check_both("instance_norm", running_mean, running_var)
    spread = (1, *channels, *[1] * len(axes))
    _check_eps("instance_norm", eps)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError(
                "instance_norm: running_mean and running_var: got None, wanted Tensors, or "
                "use_input_stats=True"
            )
        return _with_given(x, running_mean, running_var, weight, bias, spread, eps)
    count = math.prod(shape[2:])
    if count == 1:
        raise ValueError(
            f"instance_norm: input: got shape {shape}, wanted more than one value a channel of a "
            "sample (their variance is 0)"
        )
    if count == 0:
        zero = x.detach().sum(axis=(0, *axes))
        return _with_given(x, zero, zero, weight, bias, spread, eps)
    mean, var = rules.moments(x, axes=axes)
    if (running_mean is not None or running_var is not None) and shape[0]:
        _track(mean.mean(axis=0), var.mean(axis=0), count, momentum, running_mean, running_var)
    return rules.standardize(x, mean, var, weight, bias, axes=axes, spread=spread, eps=eps)


def _trailing(where: str, x: Tensor, normalized_shape: Any) -> tuple[Shape, Shape, Shape]:
    """normalized_shape as a tuple, the axes it stands for, and it spread over x."""
    wanted = integers(normalized_shape, where, "normalized_shape")
    shape, n = tuple(x.data.shape), len(wanted)
    if not n or shape[max(len(shape) - n, 0) :] != wanted:
        raise ValueError(
            f"{where}: input has shape {shape}, wanted one that ends with normalized_shape = "
            f"{wanted}"
        )
    return wanted, tuple(range(len(shape) - n, len(shape))), (1,) * (len(shape) - n) + wanted


def layer_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) weight + bias over the last axes; see `nn.LayerNorm`.

    Shape: (..., *normalized_shape) -> the same; weight and bias normalized_shape.
    """
    x = floating("layer_norm", input)
    wanted, axes, spread = _trailing("layer_norm", x, normalized_shape)
    _fits("layer_norm", x, wanted, weight=weight, bias=bias)
    _check_eps("layer_norm", eps)
    mean, var = rules.moments(x, axes=axes)
    return rules.standardize(x, mean, var, weight, bias, axes=axes, spread=spread, eps=eps)


def rms_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x / sqrt(mean(x²) + eps) weight over the last axes; see `nn.RMSNorm`.

    Shape: (..., *normalized_shape) -> the same; weight normalized_shape. An eps of None is the
    distance from 1 to the next number of the dtype.
    """
    x = floating("rms_norm", input)
    wanted, axes, spread = _trailing("rms_norm", x, normalized_shape)
    _fits("rms_norm", x, wanted, weight=weight)
    eps = float(finfo(x.dtype).eps) if eps is None else eps
    _check_eps("rms_norm", eps)
    square = rules.mean_square(x, axes=axes)
    return rules.standardize(x, None, square, weight, None, axes=axes, spread=spread, eps=eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) weight + bias over the channels of a group and all positions;
    see `nn.GroupNorm`.

    Shape: (N, C, ...) -> the same; weight and bias (C,).
    """
    x = floating("group_norm", input)
    shape = tuple(x.data.shape)
    if len(shape) < 2:
        raise ValueError(f"group_norm: input: got shape {shape}, wanted (N, C, ...)")
    channels = shape[1]
    num_groups = whole("group_norm", "num_groups", num_groups)
    _check_eps("group_norm", eps)
    if channels % num_groups:
        raise ValueError(
            f"group_norm: num_groups: got {num_groups}, wanted a divisor of the {channels} "
            f"channels of an input of shape {shape}"
        )
    _fits("group_norm", x, (channels,), weight=weight, bias=bias)
    if math.prod(shape) == num_groups:
        raise ValueError(
            f"group_norm: input: got shape {shape}, wanted more than one value a group (their "
            "variance is 0)"
        )
    size = math.prod(shape[2:])
    grouped = (shape[0], num_groups, channels // num_groups, size)
    spread, axes = (1, num_groups, channels // num_groups, 1), (2, 3)
    groups = x.reshape(grouped)
    mean, var = rules.moments(groups, axes=axes)
    out = rules.standardize(groups, mean, var, weight, bias, axes=axes, spread=spread, eps=eps)
    return out.reshape(shape)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """x_c / (k + alpha / size Σ x_j²)^beta over `size` neighbouring channels; see
    `nn.LocalResponseNorm`.

    The sums are a product with a band matrix: one pass, and its own transpose's in the backward.

    Shape: (N, C, ...) with at least three axes -> the same.
    """
    x = floating("local_response_norm", input)
    whole("local_response_norm", "size", size)
    shape = tuple(x.data.shape)
    if len(shape) < 3:
        raise ValueError(f"local_response_norm: input: got shape {shape}, wanted (N, C, ...)")
    if not x.size:
        return x
    channel = arange(shape[1], device=x.device)
    ahead = channel - channel.unsqueeze(1)
    band = ((ahead >= -(size // 2)) & (ahead <= (size - 1) // 2)).astype(x.dtype)
    sums = band @ (x * x).reshape(shape[0], shape[1], -1)
    return x / (sums.reshape(shape) * (alpha / size) + k) ** beta


def normalize(
    input: Tensor,
    p: float = 2.0,
    dim: int | Sequence[int] = 1,
    eps: float = 1e-12,
    out: None = None,
) -> Tensor:
    """x / max(||x||_p, eps), the norm being that of the vectors along an axis (or axes).

    >>> import backprop as bp
    >>> bp.nn.functional.normalize(bp.asarray([[3.0, 4.0]]))
    tensor([[0.6, 0.8]])
    """
    if out is not None:
        raise ValueError("normalize: out: wanted None, results are new Tensors")
    x = floating("normalize", input)
    axis = checked_axes(dim, x.shape, "normalize", "dim")
    norm = rules.vector_norm(x, axis=axis, keepdims=True, ord=float(p))
    return x / rules.clip(norm, float(eps), None)
