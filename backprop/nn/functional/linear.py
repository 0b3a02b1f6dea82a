"""Linear and bilinear maps as functions of their weights."""

from __future__ import annotations

from ... import rules
from ...tensor import Tensor
from ...xp._check import tensor

__all__ = ["bilinear", "linear"]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weightᵀ + bias; see `nn.Linear`.

    Shape: (..., in) -> (..., out), with weight (out, in) and bias (out,); (..., in) -> (...) with
    weight (in,) and a bias of one number.
    """
    if not isinstance(input, Tensor) or not isinstance(weight, Tensor):
        tensor(input, "linear", "input")
        tensor(weight, "linear", "weight")
    a, w = input.data, weight.data
    if len(w.shape) != 2 and len(w.shape) != 1:
        raise ValueError(
            f"linear: weight: got shape {tuple(w.shape)}, wanted (out features, in features)"
        )
    if len(a.shape) == 0 or a.shape[-1] != w.shape[-1]:
        raise ValueError(
            f"linear: input has shape {tuple(a.shape)}, wanted {w.shape[-1]} features in its "
            "last axis"
        )
    if a.dtype is not w.dtype and input.dtype != weight.dtype:
        raise TypeError(
            f"linear: input is {input.dtype} and the weight {weight.dtype}; convert the data "
            f"(x.astype(weight.dtype)) or the model (model.to(x.dtype))"
        )
    b = bias.data if isinstance(bias, Tensor) else a
    if b.dtype is not a.dtype and bias is not None and bias.dtype != weight.dtype:
        raise TypeError(
            f"linear: bias is {bias.dtype} and the weight {weight.dtype}, wanted the same"
        )
    if len(w.shape) == 1:
        out = rules.matmul(input, weight)
        return out if bias is None else out + bias
    return rules.linear(input, weight, bias)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y_k = x₁ᵀ W_k x₂ + b_k; see `nn.Bilinear`."""
    given = {"input1": input1, "input2": input2, "weight": weight}
    for name, value in given.items():
        tensor(value, "bilinear", name)
    if weight.ndim != 3:
        raise ValueError(
            f"bilinear: weight: got shape {weight.shape}, wanted (out, features 1, features 2)"
        )
    out, first, second = weight.shape
    for name, features in (("input1", first), ("input2", second)):
        x = given[name]
        if x.ndim == 0 or x.shape[-1] != features:
            raise ValueError(
                f"bilinear: {name}: got shape {x.shape}, wanted {features} features in its last "
                "axis"
            )
        if x.dtype != weight.dtype:
            raise TypeError(
                f"bilinear: {name} is {x.dtype} and the weight {weight.dtype}; convert the data "
                "(x.astype(weight.dtype)) or the model (model.to(x.dtype))"
            )
    if input1.shape[:-1] != input2.shape[:-1]:
        raise ValueError(
            f"bilinear: got input1 of shape {input1.shape} and input2 of shape {input2.shape}, "
            "wanted the same leading axes"
        )
    # (x₁ W) for all k at once, one matrix product; then with x₂, one for each example.
    table = rules.reshape(rules.permute_dims(weight, axes=(1, 0, 2)), shape=(first, out * second))
    half = rules.reshape(
        rules.matmul(input1, table) if input1.ndim > 1 else rules.matmul(input1[None, :], table),
        shape=(*input1.shape[:-1], out, second),
    )
    y = rules.matmul(half, rules.reshape(input2, shape=(*input2.shape, 1)))
    y = rules.reshape(y, shape=(*input1.shape[:-1], out))
    return y if bias is None else y + bias
