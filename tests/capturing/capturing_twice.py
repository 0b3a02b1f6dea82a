"""The same training twice: as it is written, and captured; and what they must share, bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import backprop as bp

Snapshot = dict[str, Any]
Make = Callable[[], tuple[Callable[..., Any], Sequence[Any]]]
"""Builds a step and what it works on: modules, optimizers and Tensors."""


def host(x: Any) -> Any:
    """A Tensor's values as an array of its own, anything else as it is."""
    return np.array(x.detach().numpy()) if isinstance(x, bp.Tensor) else x


def results(out: Any, name: str = "result") -> Snapshot:
    """The Tensors of a result, by name."""
    if isinstance(out, dict):
        return {k: v for key, o in out.items() for k, v in results(o, f"{name} {key}").items()}
    if isinstance(out, (tuple, list)):
        return {k: v for i, o in enumerate(out) for k, v in results(o, f"{name} {i}").items()}
    return {name: host(out)}


def snapshot(things: Sequence[Any]) -> Snapshot:
    """All values and gradients of modules, optimizers and Tensors, and of the random generator."""
    found: Snapshot = {"draws": bp.defaults.default_generator().get_state()}
    for number, thing in enumerate(things):
        if isinstance(thing, bp.nn.Module):
            for name, p in thing.state_dict(keep_vars=True).items():
                _tensor(found, f"{number} {name}", p)
        elif isinstance(thing, bp.Tensor):
            _tensor(found, str(number), thing)
        else:  # an optimizer or a schedule
            for key, value in _flat(thing.state_dict()):
                found[f"{number} {key}"] = host(value)
    return found


def _tensor(found: Snapshot, name: str, p: Any) -> None:
    found[name] = host(p)
    if p.requires_grad:
        found[f"{name} gradient"] = None if p.grad is None else host(p.grad)


def _flat(x: Any, path: str = "") -> list[tuple[str, Any]]:
    if isinstance(x, dict):
        return [pair for k, v in x.items() for pair in _flat(v, f"{path}.{k}")]
    if isinstance(x, (list, tuple)):
        return [pair for i, v in enumerate(x) for pair in _flat(v, f"{path}.{i}")]
    return [(path, x)]


def same(got: Snapshot, wanted: Snapshot, where: str = "") -> None:
    """Raise unless the two are equal bit for bit."""
    assert got.keys() == wanted.keys(), where
    for name, value in wanted.items():
        mine = got[name]
        if isinstance(value, np.ndarray):
            assert isinstance(mine, np.ndarray), f"{where}: {name}"
            assert (mine.shape, mine.dtype) == (value.shape, value.dtype), f"{where}: {name}"
            equal = mine.tobytes() == value.tobytes()
            if not equal:
                np.testing.assert_array_equal(mine, value, err_msg=f"{where}: {name}")
            assert equal or np.isnan(value).any(), f"{where}: {name}: signs of zeros differ"
        else:
            assert mine == value or mine is value, f"{where}: {name}: {mine} instead of {value}"


def run(
    make: Make, calls: Sequence[Sequence[Any]], captured: bool, between: Any = None
) -> tuple[list[Snapshot], Any]:
    """What each call gave and left, and the step."""
    bp.manual_seed(3)
    step, things = make()
    if captured:
        step = bp.capture(step)
    found = []
    for number, args in enumerate(calls):
        if between is not None:
            between(number, things)
        found.append({**results(step(*args)), **snapshot(things)})
    return found, step


class _Any:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


ANY: Any = _Any()


def agree(
    make: Make,
    calls: Sequence[Sequence[Any]],
    between: Any = None,
    replays: int | None = None,
) -> Any:
    """Compare the two, call by call; returns the captured step.

    Args:
        make: builds the step anew, always the same.
        calls: the arguments of each call.
        between: called as between(number, things) before each call.
        replays: how many of the captured calls must have been replays (None: all but two).
    """
    wanted, _ = run(make, calls, captured=False, between=between)
    got, step = run(make, calls, captured=True, between=between)
    for number, (g, w) in enumerate(zip(got, wanted, strict=True)):
        same(g, w, f"call {number}")
    assert step.replays == (len(calls) - 2 if replays is None else replays), step.trouble
    return step
