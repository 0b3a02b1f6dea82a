"""A module's state: its parameters and buffers by name, out of it and into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..tensor import Tensor, asarray
from .parameter import Buffer, Parameter


class LoadResult(NamedTuple):
    """What `load_state_dict` found beside what it loaded."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Entry(NamedTuple):
    """A part of the state: where it is, and what."""

    module: Any
    attribute: str
    value: Tensor


def entries(module: Any, prefix: str = "") -> Iterator[tuple[str, Entry]]:
    """Every parameter and persistent buffer under every name it has, in PyTorch's order: those of
    a module, the parameters first, before those of the modules in it."""
    for name, owner in _everywhere(module, prefix, ()):
        own = [(k, v) for k, v in vars(owner).items() if isinstance(v, (Parameter, Buffer))]
        for kind in (Parameter, Buffer):
            for key, value in own:
                if isinstance(value, kind) and getattr(value, "persistent", True):
                    yield f"{name}{key}", Entry(owner, key, value)


def _everywhere(module: Any, prefix: str, above: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    yield prefix, module
    above = (*above, module)
    for key, child in module.named_children(remove_duplicate=False):
        if child not in above:  # a module may hold one that holds it
            yield from _everywhere(child, f"{prefix}{key}.", above)


def load(module: Any, state: Any, strict: bool, assign: bool) -> LoadResult:
    """Take a state over; see `Module.load_state_dict`."""
    if not hasattr(state, "keys"):
        raise TypeError(
            f"load_state_dict: state_dict: got a {type(state).__name__}, wanted a mapping of names "
            "to Tensors or arrays"
        )
    own = dict(entries(module))
    missing = [k for k in own if k not in state]
    unexpected = [k for k in state if k not in own]
    values, wrong = _fitting(own, {k: state[k] for k in own if k in state})
    if strict:
        wrong += [f"{k}: missing (shape {own[k].value.shape})" for k in missing]
        wrong += [f"{k}: unexpected, {type(module).__name__} has none" for k in unexpected]
    if wrong:
        lines = "\n  ".join(wrong)
        raise ValueError(
            f"load_state_dict: the state does not fit {type(module).__name__}:\n  {lines}"
        )
    for name, value in values.items():
        _take(own[name], value, assign)
    return LoadResult(missing, unexpected)


def _fitting(own: dict[str, Entry], state: dict[str, Any]) -> tuple[dict[str, Tensor], list[str]]:
    """The values as Tensors, and what is wrong with some of them."""
    values, wrong = {}, []
    for name, given in state.items():
        target, value = own[name].value, _value(given)
        if value is None:
            wrong.append(f"{name}: got a {type(given).__name__}, wanted a Tensor or an array")
            continue
        if value.shape != target.shape:
            wrong.append(f"{name}: got shape {value.shape}, wanted {target.shape}")
        elif value.dtype.kind != target.dtype.kind:
            wrong.append(f"{name}: got dtype {value.dtype}, wanted {target.dtype}")
        values[name] = value
    return values, wrong


def _value(given: Any) -> Tensor | None:
    """What is given as a Tensor; None if it is nothing of the kind."""
    try:
        return asarray(given)
    except (TypeError, ValueError):
        return None


def _take(entry: Entry, value: Tensor, assign: bool) -> None:
    target = entry.value
    if not assign:
        if isinstance(target, Buffer):
            target.node = None  # a running value's history ends here
        target.copy_(value)
    elif isinstance(target, Parameter):
        setattr(entry.module, entry.attribute, Parameter(value, target.requires_grad))
    else:
        persistent = getattr(target, "persistent", True)
        setattr(entry.module, entry.attribute, Buffer(value, persistent))
