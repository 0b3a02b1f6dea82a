"""What convolutions ask of their arguments."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ...xp._check import tensor
from ._checks import integer, whole

Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
AXES = ["L", "H, W", "D, H, W"]


def numbers(where: str, name: str, value: Any, dims: int, least: int) -> Ints:
    """A number for each spatial axis, of one number or as many."""
    several = tuple(value) if isinstance(value, (tuple, list)) else (value,) * dims
    found = [integer(v) for v in several]
    if len(found) != dims or any(v is None or v < least for v in found):
        wanted = f"a whole number of at least {least}"
        wanted += f" or {dims} of them" if dims > 1 else ""
        raise ValueError(f"{where}: {name}: got {value!r}, wanted {wanted}")
    return tuple([int(v) for v in several])


def paddings(where: str, padding: Any, stride: Ints, dilation: Ints, kernel: Ints) -> Pairs:
    """(in front, behind) for each axis; "same" puts the odd one behind."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in numbers(where, "padding", padding, len(kernel), 0))
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        raise ValueError(
            f"{where}: padding: got {padding!r}, wanted whole numbers, 'valid' or 'same'"
        )
    if any(s != 1 for s in stride):
        raise ValueError(
            f"{where}: padding: 'same' needs a stride of 1, got stride={stride}; give the padding "
            "in numbers"
        )
    total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    return tuple((t // 2, t - t // 2) for t in total)


def check_tensors(
    where: str, dims: int, input: Any, weight: Any, bias: Any, transposed: bool = False
) -> None:
    """Raise unless these are Tensors of one dtype with the right numbers of axes."""
    given = {"input": input, "weight": weight}
    if bias is not None:
        given["bias"] = bias
    for name, x in given.items():
        tensor(x, where, name)
    for name, x in given.items():
        if x.dtype.kind != "f":
            raise TypeError(
                f"{where}: {name}: got dtype {x.dtype}, wanted real floating-point numbers; "
                "convert it first: x.astype(backprop.float32)"
            )
        if x.dtype != weight.dtype:
            raise TypeError(
                f"{where}: {name} is {x.dtype} and the weight {weight.dtype}; convert the data "
                "(x.astype(weight.dtype)) or the model (model.to(x.dtype))"
            )
    axes = AXES[dims - 1]
    if input.ndim not in (dims + 1, dims + 2):
        raise ValueError(
            f"{where}: input: got shape {input.shape}, wanted (N, C, {axes}) or (C, {axes})"
        )
    if weight.ndim != dims + 2 or 0 in weight.shape:
        wanted = "C, O / groups" if transposed else "O, C / groups"
        raise ValueError(
            f"{where}: weight: got shape {weight.shape}, wanted ({wanted}, and the kernel's "
            f"{dims} sizes), none of them 0"
        )


def check_channels(
    where: str, channels: int, weight: Ints, groups: Any, bias: Tensor | None,
    transposed: bool = False,
) -> None:  # fmt: skip
    """Raise unless the input's channels, the weight's, the bias's and the groups fit together."""
    groups = whole(where, "groups", groups)
    if weight[0] % groups:
        raise ValueError(
            f"{where}: groups: got {groups}, wanted a divisor of weight.shape[0] = {weight[0]}"
        )
    wanted = weight[0] if transposed else weight[1] * groups
    if channels != wanted:
        raise ValueError(
            f"{where}: input: got {channels} channels, wanted {wanted} for a weight of shape "
            f"{weight} and groups={groups}"
        )
    outs = weight[1] * groups if transposed else weight[0]
    if bias is not None and bias.shape != (outs,):
        raise ValueError(
            f"{where}: bias: got shape {bias.shape}, wanted one number an output channel, ({outs},)"
        )


def check_fits(where: str, size: Ints, kernel: Ints, pairs: Pairs, dilation: Ints) -> None:
    """Raise unless the kernel has a place in the padded input."""
    padded = tuple(n + a + b for n, (a, b) in zip(size, pairs, strict=True))
    spans = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    if 0 in size or any(n < s for n, s in zip(padded, spans, strict=True)):
        raise ValueError(
            f"{where}: input: got size {size}, with padding {padded}, wanted at least 1 and, with "
            f"padding, the kernel's {spans}; use a larger input, a smaller kernel or more padding"
        )
