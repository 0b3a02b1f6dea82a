"""Losses as functions of Tensors; `losses.py` derives each from its likelihood."""

from __future__ import annotations

import backends

from ... import rules
from ...tensor import Tensor

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy",
    "half_squared_error", "huber_loss", "l1_loss", "mse_loss", "nll_loss",
]  # fmt: skip


def reduce(values: Tensor, reduction: str) -> Tensor:
    """The losses of the elements as they are, or their mean or sum."""
    if reduction == "mean":
        return values.mean()
    if reduction == "sum":
        return values.sum()
    if reduction == "none":
        return values
    raise ValueError(f"reduction: got {reduction!r}, wanted 'mean', 'sum' or 'none'")


def _tensors(loss: str, x: Tensor, target: Tensor) -> None:
    for name, t in (("input", x), ("target", target)):
        if not isinstance(t, Tensor):
            raise TypeError(
                f"{loss}: {name} is a {type(t).__name__}, wanted a Tensor; "
                f"wrap it: backprop.asarray({name})"
            )


def _pair(loss: str, x: Tensor, target: Tensor) -> None:
    _tensors(loss, x, target)
    if x.data.shape != target.data.shape:
        raise ValueError(
            f"{loss}: input has shape {x.shape} and target {target.shape}, wanted the same; "
            "reshape one of them (they are not broadcast: that would compare every prediction "
            "with every target)"
        )


def _weighted(loss: str, losses: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    if weight is None:
        return reduce(losses, reduction)
    _fits(loss, "weight", weight, losses)
    return reduce(losses * weight, reduction)


def _fits(loss: str, name: str, weight: Tensor, x: Tensor) -> None:
    """Raise unless the weight spreads over x without making it larger."""
    w, shape = weight.shape, x.shape
    last = shape[len(shape) - len(w) :]
    if len(w) > len(shape) or any(a not in (1, b) for a, b in zip(w, last, strict=True)):
        raise ValueError(f"{loss}: {name} has shape {w}, which does not spread over {shape}")


def _squares(x: Tensor, target: Tensor, reduction: str, scale: float) -> Tensor:
    d = x - target
    if reduction == "none":
        return d * d * scale
    return rules.sum_of_squares(d) * scale


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """(input - target)², by default its mean over all elements."""
    _pair("mse_loss", input, target)
    if reduction not in ("mean", "sum", "none"):
        reduce(input, reduction)
    scale = 1.0 / max(input.size, 1) if reduction == "mean" else 1.0
    return _squares(input, target, reduction, scale)


def half_squared_error(input: Tensor, target: Tensor, reduction: str = "sum") -> Tensor:
    """1/2 ||input - target||² of each sample, summed over the samples or their mean."""
    _pair("half_squared_error", input, target)
    if reduction == "none":
        d = input - target
        squares = d * d * 0.5
        return squares if squares.ndim < 2 else squares.sum(axis=tuple(range(1, squares.ndim)))
    if reduction not in ("mean", "sum"):
        reduce(input, reduction)
    n = len(input) if input.ndim else 1
    return _squares(input, target, reduction, 0.5 / max(n, 1) if reduction == "mean" else 0.5)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """|input - target|."""
    _pair("l1_loss", input, target)
    return reduce(rules.abs(input - target), reduction)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0
) -> Tensor:
    """d²/2 where |d| <= delta, else delta (|d| - delta/2), for d = input - target."""
    _pair("huber_loss", input, target)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta: got {delta}, wanted a positive number")
    d = input - target
    inside = rules.clip(d, -delta, delta)
    return reduce(inside * (d - inside * 0.5), reduction)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """-(t log p + (1 - t) log(1 - p)) for probabilities p; logarithms are held above -100."""
    _pair("binary_cross_entropy", input, target)
    backend = backends.of(input.data)
    if not backend.asynchronous:  # looking at values would make a GPU wait
        for name, x in (("input", input.data), ("target", target.data)):
            if backend.xp.any((x < 0) | (x > 1)):
                raise ValueError(
                    f"binary_cross_entropy: {name} has values outside [0, 1], wanted "
                    "probabilities; for logits use binary_cross_entropy_with_logits "
                    "(BCEWithLogitsLoss)"
                )
    losses = rules.binary_cross_entropy(input, target)
    return _weighted("binary_cross_entropy", losses, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """-(w t log σ(z) + (1 - t) log(1 - σ(z))) for logits z, w = pos_weight (1 if None)."""
    _pair("binary_cross_entropy_with_logits", input, target)
    if pos_weight is None:
        losses = rules.softplus(input) - input * target
    else:
        _fits("binary_cross_entropy_with_logits", "pos_weight", pos_weight, input)
        losses = pos_weight * target * rules.softplus(-input) + (1 - target) * rules.softplus(input)
    return _weighted("binary_cross_entropy_with_logits", losses, weight, reduction)


def _classes(loss: str, scores: Tensor, target: Tensor, weight: Tensor | None) -> int:
    """The number of classes, once scores (N, C, ...) and class indices (N, ...) fit together."""
    _tensors(loss, scores, target)
    s, t = scores.data.shape, target.data.shape
    if len(s) < 2 or (s[0], *s[2:]) != tuple(t):
        raise ValueError(
            f"{loss}: input has shape {scores.shape} and target {target.shape}, wanted (N, C) "
            "scores with (N,) class indices, or target probabilities of the input's shape"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"{loss}: target has dtype {target.dtype}, wanted integer class indices "
            f"(or probabilities of the input's shape, {scores.shape})"
        )
    if weight is not None and weight.shape != (s[1],):
        raise ValueError(f"{loss}: weight has shape {weight.shape}, wanted one a class, ({s[1]},)")
    return s[1]


def _check_range(loss: str, target: Tensor, classes: int) -> None:
    stray = backends.kernels.stray_class(target.data, classes)
    if stray is not None:
        raise ValueError(
            f"{loss}: target holds class {stray}, wanted 0 to {classes - 1} "
            f"for {classes} scores a sample"
        )


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log softmax(input)[target], or -Σ target log softmax(input) for probabilities.

    input (N, C) or (N, C, ...) are logits; target class indices (N, ...), or probabilities of the
    input's shape. With class weights w, "mean" divides by the sum of w[target].
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing: got {label_smoothing}, wanted a number from 0 to 1")
    _tensors("cross_entropy", input, target)
    if target.dtype.kind == "f" and target.shape == input.shape:
        if ignore_index is not None:
            raise ValueError(
                "cross_entropy: ignore_index needs class indices, the targets are probabilities"
            )
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    classes = _classes("cross_entropy", input, target, weight)
    if weight is None and ignore_index is None and not label_smoothing and input.ndim == 2:
        _check_range("cross_entropy", target, classes)
        losses, _ = rules.softmax_cross_entropy(input, target)
        return reduce(losses, reduction)
    logs = rules.log_softmax(input, axis=1)
    smooth = label_smoothing / classes
    hard = 1.0 - label_smoothing
    return _nll("cross_entropy", logs, target, weight, ignore_index, reduction, hard, smooth)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-input[target] for log-probabilities (N, C) or (N, C, ...) and class indices (N, ...)."""
    _classes("nll_loss", input, target, weight)
    return _nll("nll_loss", input, target, weight, ignore_index, reduction, 1.0, 0.0)


def _nll(
    loss: str,
    logs: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int | None,
    reduction: str,
    hard: float,
    smooth: float,
) -> Tensor:
    """hard times -w[t] logs[t], plus smooth times -Σ_c w[c] logs[c], reduced."""
    kept = None
    if ignore_index is not None:
        kept = target != ignore_index
        target = rules.where(kept, target, target * 0)
    _check_range(loss, target, logs.shape[1])
    picked = rules.take_along_axis(logs, target.unsqueeze(1), axis=1).squeeze(1)
    if weight is None:
        factor = None
        losses = -picked
        every = -logs.sum(axis=1) if smooth else None
    else:
        factor = rules.take(weight, target.reshape(-1), axis=0).reshape(target.shape)
        losses = -picked * factor
        column = weight.reshape(1, -1, *[1] * (logs.ndim - 2))
        every = -(logs * column).sum(axis=1) if smooth else None
    if every is not None:
        losses = losses * hard + every * smooth
    if kept is not None:
        losses = rules.where(kept, losses, 0.0)
    if reduction != "mean" or (factor is None and kept is None):
        return reduce(losses, reduction)
    counted = losses.detach() * 0 + 1 if factor is None else factor
    if kept is not None:
        counted = rules.where(kept, counted, 0.0)
    return losses.sum() / counted.sum()


def _soft_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    classes = input.shape[1] if input.ndim > 1 else input.shape[0]
    axis = 1 if input.ndim > 1 else 0
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + label_smoothing / classes
    terms = rules.log_softmax(input, axis=axis) * target
    if weight is not None:
        if weight.shape != (classes,):
            raise ValueError(
                f"cross_entropy: weight has shape {weight.shape}, wanted one a class, ({classes},)"
            )
        terms = terms * weight.reshape(-1, *[1] * (input.ndim - 1 - axis))
    losses = -terms.sum(axis=axis)
    return reduce(losses, reduction)
