"""The loss of a sequence of labels without their times: connectionist temporal classification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import backends
from backends import record

from .... import rules
from ....tensor import Tensor, asarray
from .._checks import integer
from ._common import check_reduction, check_tensors, require

__all__ = ["ctc_loss"]

Lengths = Tensor | Sequence[int]


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log Σ over all alignments of the probability of the alignment; see `nn.CTCLoss`.

    "mean" divides each loss by the length of its target (by 1 if that is 0), and takes the mean
    of these over the batch.

    >>> import backprop as bp
    >>> logs = bp.log(bp.full((2, 1, 2), 0.5))  # two steps; a blank and a symbol, equally likely
    >>> bp.nn.functional.ctc_loss(logs, bp.asarray([[1]]), (2,), (1,))  # 11, 1-, -1: -log 3/4
    tensor(0.2877)
    """
    check_reduction(reduction)
    check_tensors("ctc_loss", {"log_probs": log_probs}, {"targets": targets})
    single = log_probs.ndim == 2
    if single:
        log_probs = log_probs.unsqueeze(1)
    if log_probs.ndim != 3 or 0 in log_probs.shape:
        raise ValueError(
            f"ctc_loss: log_probs has shape {log_probs.shape}, wanted (T, N, C) or (T, C), "
            "none of them 0"
        )
    count, batch, symbols = log_probs.shape
    number = integer(blank)
    if number is None or not 0 <= number < symbols:
        raise ValueError(f"ctc_loss: blank: got {blank!r}, wanted a class, 0 to {symbols - 1}")
    blank = number
    if targets.dtype.kind not in "iu":
        raise TypeError(f"ctc_loss: targets has dtype {targets.dtype}, wanted integer labels")
    steps = _lengths("input_lengths", input_lengths, log_probs, single)
    lengths = _lengths("target_lengths", target_lengths, log_probs, single)
    targets = targets.astype("int64")
    if targets.ndim == 2 and not single:
        if targets.shape[0] != batch:
            raise ValueError(
                f"ctc_loss: targets has shape {targets.shape}, wanted ({batch}, S): a row for "
                f"each of the {batch} sequences of log_probs"
            )
    elif targets.ndim == 1:
        if single:
            said = (
                f"ctc_loss: targets holds {targets.shape[0]} labels, wanted as many as "
                "target_lengths says"
            )
            row = targets.shape[0]
            require(lambda n: n == row, lengths, said)
        targets = targets.unsqueeze(0) if single else _padded(targets, target_lengths)
    else:
        wanted = "(S,)" if single else f"({batch}, S) or the sum of target_lengths"
        raise ValueError(f"ctc_loss: targets has shape {targets.shape}, wanted {wanted}")
    _check_range("input_lengths", steps, count, "the steps of log_probs")
    _check_range("target_lengths", lengths, targets.shape[1], "the labels of a row of targets")
    labels = _with_blanks(targets, lengths, symbols, blank)
    likelihoods, _ = rules.ctc_likelihood(
        log_probs, labels, steps, lengths, impossible=0.0 if zero_infinity else float("nan")
    )
    losses = -likelihoods
    if zero_infinity:
        losses = rules.where(losses == float("inf"), 0.0, losses)
    if reduction == "mean":
        least = rules.where(lengths < 1, 1, lengths)
        return (losses / least.astype(losses.dtype)).mean()
    if reduction == "sum":
        return losses.sum()
    return losses.reshape(()) if single else losses


def _lengths(name: str, given: Any, log_probs: Tensor, single: bool) -> Tensor:
    """One whole number for each sequence, where log_probs lie."""
    if not isinstance(given, Tensor):
        if not isinstance(given, (tuple, list)) or not all(integer(n) is not None for n in given):
            raise TypeError(
                f"ctc_loss: {name}: got {given!r}, wanted a Tensor of integers, or a tuple of them"
            )
        given = asarray([int(n) for n in given], dtype="int64", device=log_probs.device)
    if given.dtype.kind not in "iu":
        raise TypeError(f"ctc_loss: {name} has dtype {given.dtype}, wanted integers")
    batch = log_probs.shape[1]
    if given.shape != (batch,) and not (single and given.shape == ()):
        raise ValueError(
            f"ctc_loss: {name} has shape {given.shape}, wanted ({batch},): one for each sequence"
        )
    return given.astype("int64").to_device(log_probs.device).reshape(batch)


def _check_range(name: str, lengths: Tensor, most: int, of: str) -> None:
    """Raise for a length below 0 or above the most, as far as looking costs nothing."""
    _refuse_strays(lengths, most + 1, f"ctc_loss: {name} holds {{}}, wanted 0 to {most}, {of}")


def _refuse_strays(x: Tensor, end: int, said: str) -> None:
    """Raise, saying this of it, for a number that is not one of 0 .. end - 1."""

    def look(array: Any) -> None:
        stray = backends.kernels.stray_class(array, end)
        if stray is not None:
            raise ValueError(said.format(stray))

    record.check(look, x.data)


def _padded(targets: Tensor, given: Any) -> Tensor:
    """Targets that were given one behind the other, as rows of equal length.

    The lengths have to be known here: on a GPU, ones given as a tuple save waiting for it.
    """
    if isinstance(given, Tensor) and record.current() is not None:
        raise record.CaptureError(
            "ctc_loss: target_lengths says where in the row of targets each sequence begins, and "
            f"is not looked at in a recording{record.where()}; pass it as a tuple of numbers, or "
            "targets as rows of equal length, (N, S)"
        )
    each = [int(n) for n in (given.tolist() if isinstance(given, Tensor) else given)]
    if min(each) < 0 or sum(each) != targets.shape[0]:
        raise ValueError(
            f"ctc_loss: targets holds {targets.shape[0]} labels, wanted {sum(each)}: the sum of "
            f"target_lengths, {each}"
        )
    width = max(each)
    if targets.shape[0] == 0:
        targets = asarray([0], dtype="int64", device=targets.device)
    starts, at = [], 0
    for n in each:
        starts.append(at)
        at += n
    last = targets.shape[0] - 1
    index = [min(start + i, last) for start in starts for i in range(width)]
    places = asarray(index, dtype="int64", device=targets.device)
    return rules.take(targets, places, axis=0).reshape(len(each), width)


def _with_blanks(targets: Tensor, lengths: Tensor, symbols: int, blank: int) -> Tensor:
    """Each row's labels with a blank before, between and behind them; blanks after its length."""
    if targets.shape[1] == 0:
        targets = asarray([[blank]] * targets.shape[0], dtype="int64", device=targets.device)
    place = rules.cumulative_sum(targets * 0 + 1, axis=1, include_initial=False) - 1
    there = place < lengths.unsqueeze(1)
    said = f"ctc_loss: targets holds label {{}}, wanted 0 to {symbols - 1}"
    _refuse_strays(rules.where(there, targets, 0), symbols, said)
    said = (
        f"ctc_loss: targets holds the blank, {blank}; leave it out: blanks stand between labels "
        "by themselves"
    )
    require(lambda no_blank: no_blank, rules.where(there, targets != blank, True), said)
    targets = rules.where(there, targets, blank)
    between = targets * 0 + blank
    pairs = rules.stack(between, targets, axis=2).reshape(targets.shape[0], -1)
    return rules.concat(pairs, between[:, :1], axis=1)
