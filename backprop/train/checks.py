"""What a Trainer asks of its arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import nn
from ..nn import Module
from ..optim import Optimizer
from ..optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from ..tensor import Tensor
from .callbacks import Callback
from .metrics import Metric


def check_parts(
    model: Any, loss: Any, optimizer: Any, penalty: Any, metric: Any, callbacks: Any
) -> None:
    """Raise where what a Trainer is made of is not what it should be."""
    kinds: list[tuple[str, Any, type, str]] = [
        ("model", model, Module, "a Module"),
        ("optimizer", optimizer, Optimizer, "an Optimizer"),
    ]
    if metric is not None:
        kinds.append(("metric", metric, Metric, "a Metric, 'auto' or None"))
    if not isinstance(callbacks, Sequence):
        raise TypeError(f"callbacks: got {_kind(callbacks)}, wanted a list of Callbacks")
    kinds += [("callbacks", c, Callback, "a list of Callbacks") for c in callbacks]
    for name, value, kind, wanted in kinds:
        if not isinstance(value, kind):
            raise TypeError(f"{name}: got {_kind(value)}, wanted {wanted}")
    if penalty is not None:
        _check_function("penalty", penalty, "penalty(model)")
    _check_function("loss", loss, "loss(output, target)")
    _check_last_layer(model, loss)
    if getattr(loss, "reduction", "mean") == "none":
        raise ValueError("loss: got reduction 'none', wanted 'mean' or 'sum': one number a batch")
    own = {id(p) for p in model.parameters()}
    if not any(id(p) in own for g in optimizer.param_groups for p in g["params"]):
        raise ValueError("optimizer: holds no parameter of the model; make it for this model")


_APPLIED: list[tuple[type, type, str]] = [
    (nn.CrossEntropyLoss, nn.Softmax, "softmax"),
    (nn.BCEWithLogitsLoss, nn.Sigmoid, "sigmoid"),
    (nn.MultiLabelSoftMarginLoss, nn.Sigmoid, "sigmoid"),
]
"""Losses, and the layer that they apply themselves."""


def _check_last_layer(model: Any, loss: Any) -> None:
    """Raise where the model ends in what the loss applies itself: it would be applied twice."""
    name, last = "the model", model
    while isinstance(last, nn.Sequential) and len(last):
        place, last = list(last.named_children())[-1]
        name = place if name == "the model" else f"{name}.{place}"
    for kind, layer, function in _APPLIED:
        if isinstance(loss, kind) and isinstance(last, layer):
            raise ValueError(
                f"loss: {kind.__name__} applies {function} itself, but the model ends in "
                f"{layer.__name__} (layer {name}); leave that layer out"
            )


def check_schedule(schedule: Any, by: Any, optimizer: Optimizer) -> None:
    """Raise where a Trainer's schedule is none, or is not the optimizer's."""
    if by not in ("epoch", "step"):
        raise ValueError(f"schedule_by: got {by!r}, wanted 'epoch' or 'step'")
    if schedule is None:
        return
    if not isinstance(schedule, LRScheduler):
        raise TypeError(
            f"schedule: got {_kind(schedule)}, wanted one of backprop.optim.lr_scheduler"
        )
    if schedule.optimizer is not optimizer:
        raise ValueError("schedule: belongs to another optimizer; make it for this one")
    if isinstance(schedule, ReduceLROnPlateau) and by == "step":
        raise ValueError(
            "schedule_by: got 'step', wanted 'epoch': ReduceLROnPlateau follows a "
            "loss that is known after an epoch"
        )


def _check_function(name: str, value: Any, form: str) -> None:
    if not callable(value) or isinstance(value, type):
        raise TypeError(f"{name}: got {_kind(value)}, wanted something to call: {form}")


def _kind(value: Any) -> str:
    """What a wrong value is, in words; forgotten parentheses are the commonest slip."""
    if isinstance(value, type):
        return f"the class {value.__name__} itself"
    return type(value).__name__


def check_whole(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name}: got {value!r}, wanted a whole number of at least {least}")


def one_number(name: str, value: Any) -> Tensor:
    """The value, if it is a Tensor of one number."""
    if isinstance(value, Tensor) and value.data.size == 1:
        return value
    got = f"shape {value.shape}" if isinstance(value, Tensor) else _kind(value)
    raise TypeError(f"{name}: it returned {got}, wanted a Tensor of one number")
