"""What Python code changes beside arrays, as far as one can see: a replay would leave it out."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from .metrics import of_sums

if TYPE_CHECKING:
    from .trainer import Trainer

State = dict[tuple[str, str], Any]

_SMALL = 64
"""Of longer containers only the length is compared."""


def state(trainer: Trainer) -> State:
    """What the parts of a training keep in attributes and closures, under (whose, name)."""
    found: State = {}
    for name, module in trainer.model.named_modules():
        _note(found, f"the layer {name} ({type(module).__name__})" if name else "the model", module)
    _note(found, "the loss", trainer.loss)
    _note(found, "the penalty", trainer.penalty)
    if of_sums(trainer.metric):
        _note(found, "the metric", trainer.metric)
    return found


def changed(before: State, after: State) -> str:
    """A sentence on the first difference; or ''."""
    for key in {**before, **after}:
        if before.get(key) != after.get(key):
            whose, name = key
            return f"with every batch {whose} changes its {name}, which a replay would leave out"
    return ""


def numbers(part: Any) -> list[tuple[str, Any]]:
    """The numbers and texts that an object keeps; of a metric without what it counts."""
    return [
        (k, v) for k, v in getattr(part, "__dict__", {}).items()
        if isinstance(v, _PLAIN) and k not in _COUNTS
    ]  # fmt: skip


_PLAIN = (bool, int, float, str, type(None))
_CONTAINERS = (list, dict, set, tuple)
_COUNTS = ("count", "sums", "training")
"""What a metric adds up outside the recording; and a module's mode, which recordings know of."""


def _note(found: State, whose: str, part: Any) -> None:
    for name, value in _kept(part).items():
        seen = _seen(value)
        if seen is not None and name not in _COUNTS:
            found[whose, name] = seen


def _kept(part: Any) -> dict[str, Any]:
    """An object's attributes, or the variables that a function shares with others."""
    if isinstance(part, FunctionType):
        cells = zip(part.__code__.co_freevars, part.__closure__ or (), strict=True)
        return {name: _content(cell) for name, cell in cells}
    return dict(getattr(part, "__dict__", {}))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _seen(value: Any) -> Any:
    """What can be compared later; None for what is not looked into."""
    if isinstance(value, _CONTAINERS):
        few = value if len(value) <= _SMALL else ()
        return type(value), len(value), [repr(v) for v in few if isinstance(v, _PLAIN)]
    if isinstance(value, np.ndarray) and value.size <= _SMALL:
        return value.tobytes()
    return (value,) if isinstance(value, _PLAIN) else None
