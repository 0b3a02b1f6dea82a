"""Losses of one class out of several."""

from __future__ import annotations

from typing import Any

import backends
from backends import record

from .... import rules
from ....tensor import Tensor
from .._checks import integer
from ._common import check_reduction, check_tensors, made_by, quotient, reduced

__all__ = ["cross_entropy", "nll_loss"]


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log softmax(input)[target], or -Σ target log softmax(input) for probabilities; see
    `nn.CrossEntropyLoss`.

    input (N, C), (N, C, ...) or (C,) are logits; target class indices (N, ...), or probabilities
    of the input's shape. With class weights w, "mean" divides by the sum of w[target].

    >>> import backprop as bp
    >>> bp.nn.functional.cross_entropy(bp.zeros((2, 4)), bp.asarray([0, 3]))  # log 4
    tensor(1.3863)
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    check_smoothing("cross_entropy", label_smoothing)
    check_tensors("cross_entropy", {"input": input}, {"target": target})
    if made_by(input, "softmax"):
        raise ValueError(
            "cross_entropy: input was made by softmax, wanted logits: this loss applies softmax "
            "itself; leave that layer out"
        )
    if target.dtype.kind == "f" and target.shape == input.shape and input.ndim:
        if ignore_index >= 0:
            raise ValueError(
                f"cross_entropy: ignore_index: got {ignore_index}, but it needs class indices, "
                "and the targets are probabilities"
            )
        return _of_probabilities(input, target, weight, reduction, label_smoothing)
    classes = _classes("cross_entropy", input, target, weight)
    single = input.ndim == 1
    if single:
        input, target = input.reshape(1, -1), target.reshape(1)
    ignored = _ignored("cross_entropy", target, classes, ignore_index)
    if label_smoothing:
        logs = rules.log_softmax(input, axis=1)
        losses = _smoothed(logs, target, weight, ignored, label_smoothing)
    else:
        losses, _ = rules.softmax_cross_entropy(input, target, ignore_index=ignored)
        if weight is not None:
            losses = losses * _factor(weight, target, ignored)
    return _over_samples(losses, target, weight, ignored, reduction, single)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """-input[target] for log-probabilities (N, C), (N, C, ...) or (C,) and class indices
    (N, ...); see `nn.NLLLoss`.

    >>> import backprop as bp
    >>> logs = bp.asarray([[-1.0, -2.0], [-3.0, -4.0]])
    >>> bp.nn.functional.nll_loss(logs, bp.asarray([1, 0]))  # (2 + 3) / 2
    tensor(2.5)
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    check_tensors("nll_loss", {"input": input}, {"target": target})
    classes = _classes("nll_loss", input, target, weight)
    single = input.ndim == 1
    if single:
        input, target = input.reshape(1, -1), target.reshape(1)
    ignored = _ignored("nll_loss", target, classes, ignore_index)
    losses = _picked(input, target, ignored)
    if weight is not None:
        losses = losses * _factor(weight, target, ignored)
    if ignored is not None:
        losses = rules.where(target == ignored, 0.0, losses)
    return _over_samples(losses, target, weight, ignored, reduction, single)


def check_smoothing(loss: str, label_smoothing: float) -> None:
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(
            f"{loss}: label_smoothing: got {label_smoothing}, wanted a number from 0 to 1"
        )


def _classes(loss: str, scores: Tensor, target: Tensor, weight: Tensor | None) -> int:
    """The number of classes, once scores (N, C, ...) and class indices (N, ...) fit together."""
    s, t = scores.data.shape, target.data.shape
    if len(s) < 1 or ((s[0], *s[2:]) if len(s) > 1 else ()) != tuple(t):
        raise ValueError(
            f"{loss}: input has shape {scores.shape} and target {target.shape}, wanted (N, C) "
            "scores with (N,) class indices, or target probabilities of the input's shape"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"{loss}: target has dtype {target.dtype}, wanted integer class indices "
            f"(or probabilities of the input's shape, {scores.shape})"
        )
    classes: int = s[min(1, len(s) - 1)]
    _check_weight(loss, weight, classes)
    return classes


def _check_weight(loss: str, weight: Tensor | None, classes: int) -> None:
    if weight is None:
        return
    check_tensors(loss, {"weight": weight})
    if weight.shape != (classes,):
        raise ValueError(
            f"{loss}: weight has shape {weight.shape}, wanted one a class, ({classes},)"
        )


def _ignored(loss: str, target: Tensor, classes: int, ignore_index: int) -> int | None:
    """The class index whose samples do not count, None if there are no such samples.

    Raises:
        ValueError: another index is no class (not looked for where that makes the host wait).
    """
    number = integer(ignore_index)
    if number is None:
        raise TypeError(f"{loss}: ignore_index: got {ignore_index!r}, wanted a whole number")
    ignore_index = number
    possible = _holds(target, ignore_index)

    def check(array: Any) -> None:
        look(array)

    def look(array: Any) -> bool:
        """Whether there may be such samples."""
        stray = backends.kernels.stray_class(array, classes)
        if stray is None:
            return 0 <= ignore_index < classes or backends.of(array).asynchronous
        if possible:
            xp = backends.namespace(array)
            others = xp.where(array == ignore_index, xp.zeros_like(array), array)
            stray = backends.kernels.stray_class(others, classes)
        if stray is not None:
            raise ValueError(
                f"{loss}: target holds class {stray}, wanted 0 to {classes - 1} "
                f"for {classes} scores a sample"
            )
        return True

    if (there := record.ask(look, target.data, None)) is None:
        record.check(check, target.data)
    return ignore_index if possible and there is not False else None


def _holds(target: Tensor, value: int) -> bool:
    """Whether the target's dtype has this value."""
    bits = 8 * target.dtype.itemsize
    if target.dtype.kind == "u":
        return 0 <= value < 2**bits
    return bool(-(2 ** (bits - 1)) <= value < 2 ** (bits - 1))


def _places(target: Tensor, ignored: int | None) -> Tensor:
    """The target with class 0 for samples that do not count."""
    return target if ignored is None else rules.where(target == ignored, 0, target)


def _picked(logs: Tensor, target: Tensor, ignored: int | None) -> Tensor:
    """-logs[target]."""
    column = _places(target, ignored).unsqueeze(1)
    return -rules.take_along_axis(logs, column, axis=1).squeeze(1)


def _factor(weight: Tensor, target: Tensor, ignored: int | None) -> Tensor:
    """The weight of each sample's class, 0 for samples that do not count."""
    places = _places(target, ignored)
    factor = rules.take(weight, places.reshape(-1), axis=0).reshape(target.shape)
    return factor if ignored is None else rules.where(target == ignored, 0.0, factor)


def _smoothed(
    logs: Tensor, target: Tensor, weight: Tensor | None, ignored: int | None, smoothing: float
) -> Tensor:
    """1 - smoothing times -w[t] logs[t], plus smoothing / C times -Σ_c w[c] logs[c]."""
    losses = _picked(logs, target, ignored)
    if weight is not None:
        losses = losses * _factor(weight, target, ignored)
        logs = logs * weight.reshape(-1, *[1] * (logs.ndim - 2))
    losses = losses * (1.0 - smoothing) - logs.sum(axis=1) * (smoothing / logs.shape[1])
    return losses if ignored is None else rules.where(target == ignored, 0.0, losses)


def _over_samples(
    losses: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignored: int | None,
    reduction: str,
    single: bool,
) -> Tensor:
    """The losses reduced; a mean is over the samples that count, by their weights."""
    if reduction != "mean":
        return losses.reshape(()) if single else reduced(losses, reduction)
    if weight is not None:
        return quotient(losses.sum(), _factor(weight, target, ignored).sum())
    if ignored is not None:
        return rules.mean_of_kept(losses, target, ignore_index=ignored)[0]
    return losses.mean()


def _of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    axis = min(1, input.ndim - 1)
    classes = input.shape[axis]
    _check_weight("cross_entropy", weight, classes)
    if label_smoothing:
        target = target * (1.0 - label_smoothing) + label_smoothing / classes
    terms = rules.log_softmax(input, axis=axis) * target
    if weight is not None:
        terms = terms * weight.reshape(-1, *[1] * (input.ndim - 1 - axis))
    losses = -terms.sum(axis=axis)
    if reduction == "mean":  # over the samples, whatever the weights
        return losses.mean()
    return reduced(losses, reduction)
