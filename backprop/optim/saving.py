"""An optimizer's state as a dict, out of it and into it, in PyTorch's form."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..tensor import Tensor, asarray

OF_SCHEDULES = {"initial_lr", "min_lr", "max_lr", "base_momentum", "max_momentum"}
"""What schedules note in the groups, beside the optimizer's own settings."""
_WHERE = "load_state_dict"


class Entry(NamedTuple):
    """What was kept for one parameter."""

    parameter: Tensor
    step: int
    scalars: tuple[float, ...]
    buffers: dict[str, Any]

    def flat(self) -> dict[str, Any]:
        """Copies of the buffers as flat arrays where the parameter is."""
        p = self.parameter
        return {
            k: asarray(v, dtype=p.dtype, device=p.device, copy=True).reshape(p.size).data
            for k, v in self.buffers.items()
        }


def saved(optimizer: Any) -> dict[str, Any]:
    """{"state": {number of a parameter: what is kept for it}, "param_groups": settings}."""
    entries = optimizer.state
    state: dict[int, dict[str, Any]] = {}
    described, number = [], 0
    for group in optimizer.param_groups:
        numbers = []
        for p in group["params"]:
            if p in entries:
                state[number] = entries[p]
            numbers.append(number)
            number += 1
        described.append({**{k: v for k, v in group.items() if k != "params"}, "params": numbers})
    return {"state": state, "param_groups": described}


def fitting_settings(optimizer: Any, state: Any) -> list[dict[str, Any]]:
    """The optimizer's groups with the settings of a saved state.

    Raises:
        ValueError: the state does not fit.
    """
    if not isinstance(state, dict) or not {"state", "param_groups"} <= set(state):
        raise ValueError(f"{_WHERE}: wanted a dict with 'state' and 'param_groups'")
    wanted = [len(g["params"]) for g in optimizer.param_groups]
    got = [len(g["params"]) for g in state["param_groups"]]
    if wanted != got:
        raise ValueError(
            f"{_WHERE}: got groups of {got} parameters, wanted {wanted}: "
            "the state belongs to another model"
        )
    known = {*optimizer.defaults, *OF_SCHEDULES, "param_names"}
    settings = [
        {**group, **{k: v for k, v in given.items() if k in known}}
        for group, given in zip(optimizer.param_groups, state["param_groups"], strict=True)
    ]
    for group in settings:
        optimizer.check(group)
    return settings


def fitting_entries(optimizer: Any, settings: list[dict[str, Any]], state: Any) -> list[Entry]:
    """What a saved state holds for the parameters; ValueError where it does not fit."""
    params = [(p, group) for group in settings for p in group["params"]]
    scalars, found = optimizer.scalars, {}
    for number, entry in state["state"].items():
        if not 0 <= int(number) < len(params):
            raise ValueError(f"{_WHERE}: there is no parameter {number}")
        p, group = params[int(number)]
        names = optimizer.buffers(group)
        single = {"step", *scalars}
        buffers = {k: v for k, v in entry.items() if k not in single and v is not None}
        if set(buffers) - set(names):
            raise ValueError(
                f"{_WHERE}: parameter {number} has {', '.join(sorted(buffers))}, wanted "
                f"{', '.join(names) or 'nothing'}: the state belongs to an "
                f"optimizer other than {type(optimizer).__name__}"
            )
        for name, value in buffers.items():
            shape = tuple(getattr(value, "shape", ()))
            if shape != p.shape:
                raise ValueError(
                    f"{_WHERE}: {name} of parameter {number} has shape {shape}, wanted {p.shape}"
                )
        kept = tuple(float(entry[k]) for k in scalars if k in entry)
        found[id(p)] = Entry(p, int(entry.get("step", 1)), kept, buffers)
    return list(found.values())
