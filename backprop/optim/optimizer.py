"""Optimizer: parameter groups, flat state, and the loop every optimizer shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..changes import last_change, overwritten
from ..graph import enable_grad
from ..tensor import Tensor, asarray, zeros_like
from .arena import Arena, arena_of, groups, part, runs


class Optimizer:
    """The base of all optimizers.

    Args:
        params: parameters (`model.parameters()`), or dicts {"params": ..., "lr": ...} whose
            settings override the defaults for that group.
        defaults: settings by name.

    A subclass lists in `buffers` the flat state it needs and defines `update`.

    Attributes:
        param_groups: a list of dicts, as in PyTorch: `optimizer.param_groups[0]["lr"] = 0.01`.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self._parts: list[tuple[dict[str, Any], list[Tensor], Arena]] = []
        # Flat state buffers by name, in the layout of an arena (or one parameter's alone, until it
        # moves into an arena), and in which of them, from where on, each parameter's state is:
        self._flat: dict[Any, dict[str, Any]] = {}
        self._home: dict[int, tuple[Any, int]] = {}
        self._steps: dict[int, int] = {}
        if not isinstance(params, (Tensor, Iterable)):
            raise TypeError(
                f"params: got a {type(params).__name__}, wanted parameters: model.parameters()"
            )
        given = [params] if isinstance(params, Tensor) else list(params)
        if not given:
            raise ValueError("params: got no parameters; pass model.parameters()")
        groups_given: list[Any] = given if isinstance(given[0], dict) else [{"params": given}]
        for group in groups_given:
            self.add_param_group(group)

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Optimize further parameters, with settings of their own."""
        if not isinstance(group, dict) or "params" not in group:
            raise TypeError(
                f"params: got {group!r} for a group, wanted a dict with 'params' and settings"
            )
        unknown = set(group) - {"params"} - set(self.defaults)
        if unknown:
            raise ValueError(
                f"params: unknown setting {sorted(unknown)[0]!r}, wanted one of "
                f"{', '.join(sorted(self.defaults))}"
            )
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        seen = {id(p) for g in self.param_groups for p in g["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"params: got a {type(p).__name__}, wanted parameters (Tensors)")
            if not p.is_leaf:
                raise ValueError("params: got the result of an operation, wanted a leaf")
            if id(p) in seen:
                raise ValueError(f"params: a parameter of shape {p.shape} is given twice")
            seen.add(id(p))
        settings = {**self.defaults, **group, "params": params}
        self.check(settings)
        self.param_groups.append(settings)
        self._parts = []

    # ------------------------------------------------------------ for subclasses

    def check(self, group: dict[str, Any]) -> None:
        """Raise if a setting of a group makes no sense."""

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The names of the flat buffers a group's update needs."""
        raise NotImplementedError

    def update(self, group: dict[str, Any], step: int, p: Any, g: Any, *state: Any) -> None:
        """Change the flat values p in place, given the gradients g and the state buffers.

        `step` counts from 1.
        """
        raise NotImplementedError

    # ----------------------------------------------------------------- for users

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (or, with set_to_none=False, make them 0)."""
        for group in self.param_groups:
            for p in group["params"]:
                leaf = p.node
                if leaf is None:
                    continue
                if set_to_none or leaf.grad is None:
                    leaf.grad = None
                elif leaf.slot is not None:
                    leaf.slot.data[...] = 0.0
                    leaf.grad = leaf.slot
                else:  # a new array: create_graph may have given this one to others too
                    leaf.grad = zeros_like(p)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters by one step along their gradients.

        Args:
            closure: recomputes the loss and its gradients first; its result is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        steps = self._steps
        for group, params, arena in self._bound():
            flat = [self._buffer(arena, name) for name in self.buffers(group)]
            key = lambda i, params=params: steps.get(id(params[i]), 0) + 1  # noqa: E731
            for start, stop, step in runs(params, key):
                parts = [f[start:stop] for f in flat]
                values = arena.values[start:stop]
                self.update(group, step, values, arena.grads[start:stop], *parts)
                overwritten(values)
            for p in params:
                if p.node.grad is not None:
                    steps[id(p)] = steps.get(id(p), 0) + 1
                    p.node.changed = last_change.seq
        return loss

    def _bound(self) -> list[tuple[dict[str, Any], list[Tensor], Arena]]:
        """(group, its trainable parameters, the arena they live in), brought up to date."""
        count = sum(p.node is not None for g in self.param_groups for p in g["params"])
        if count != sum(len(params) for _, params, _ in self._parts) or not all(
            arena.holds(p) for _, params, arena in self._parts for p in params
        ):
            self._bind()
        return self._parts

    def _bind(self) -> None:
        """Put the parameters into arenas, and their state beside them: at the first step, and
        when parameters were moved, frozen or replaced since."""
        together = [p for g in self.param_groups for p in g["params"]]
        homes = {
            id(p): arena for alike in groups(together) for arena in [arena_of(alike)] for p in alike
        }
        self._parts = []
        for group in self.param_groups:
            for params in groups(group["params"]):
                arena = homes[id(params[0])]
                self._flat.setdefault(arena, {})
                for name in self.buffers(group):
                    self._buffer(arena, name)
                for p in params:
                    self._carry(p, arena)
                self._parts.append((group, params, arena))
        used = {arena for arena, _ in self._home.values()}
        self._flat = {arena: flat for arena, flat in self._flat.items() if arena in used}

    def _buffer(self, arena: Arena, name: str) -> Any:
        """A flat state buffer of an arena, made where it is not there yet."""
        flat = self._flat[arena]
        if name not in flat:
            flat[name] = arena.state()
        return flat[name]

    def _carry(self, p: Tensor, arena: Arena) -> None:
        """Take a parameter's state over from where it was before."""
        old, offset = self._home.get(id(p), (arena, 0))
        if old is not arena:
            for name, flat in self._flat[old].items():
                kept = Tensor(part(flat, offset, p.shape)).to(p.device, p.dtype)
                there = part(self._buffer(arena, name), p.node.offset, p.shape)
                there[...] = kept.data
        self._home[id(p)] = (arena, p.node.offset)

    def state_dict(self) -> dict[str, Any]:
        """The state of each parameter, by its number, and the settings of the groups.

        The form is PyTorch's: {"state": {0: {"step": n, ...}}, "param_groups": [...]}.
        """
        self._bound()
        state: dict[int, dict[str, Any]] = {}
        described, number = [], 0
        for group in self.param_groups:
            numbers = []
            for p in group["params"]:
                if self._steps.get(id(p)):
                    home, offset = self._home[id(p)]
                    views = {
                        n: Tensor(part(f, offset, p.shape))
                        for n, f in self._flat[home].items()
                        if n in self.buffers(group)
                    }
                    state[number] = {"step": self._steps[id(p)], **views}
                numbers.append(number)
                number += 1
            described.append(
                {**{k: v for k, v in group.items() if k != "params"}, "params": numbers}
            )
        return {"state": state, "param_groups": described}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what `state_dict` gave (here or in PyTorch).

        Raises:
            ValueError: it belongs to another model or another optimizer; nothing is loaded.
        """
        where = "load_state_dict"
        if not isinstance(state, dict) or not {"state", "param_groups"} <= set(state):
            raise ValueError(f"{where}: wanted a dict with 'state' and 'param_groups'")
        wanted = [len(g["params"]) for g in self.param_groups]
        got = [len(g["params"]) for g in state["param_groups"]]
        if wanted != got:
            raise ValueError(
                f"{where}: got groups of {got} parameters, wanted {wanted}: "
                "the state belongs to another model"
            )
        settings = [
            {**group, **{k: v for k, v in saved.items() if k in self.defaults}}
            for group, saved in zip(self.param_groups, state["param_groups"], strict=True)
        ]
        for group in settings:
            self.check(group)
        params = [(p, group) for group in settings for p in group["params"]]
        found = {}
        for number, entry in state["state"].items():
            if not 0 <= int(number) < len(params):
                raise ValueError(f"{where}: there is no parameter {number}")
            p, group = params[int(number)]
            buffers = {k: v for k, v in entry.items() if k != "step" and v is not None}
            if set(buffers) - set(self.buffers(group)):
                raise ValueError(
                    f"{where}: parameter {number} has {', '.join(sorted(buffers))}, wanted "
                    f"{', '.join(self.buffers(group)) or 'nothing'}: the state belongs to an "
                    f"optimizer other than {type(self).__name__}"
                )
            for name, value in buffers.items():
                shape = tuple(getattr(value, "shape", ()))
                if shape != p.shape:
                    raise ValueError(
                        f"{where}: {name} of parameter {number} has shape {shape}, wanted {p.shape}"
                    )
            found[id(p)] = (p, int(entry.get("step", 1)), buffers)
        for group, new in zip(self.param_groups, settings, strict=True):
            group.update(new)
        self._parts, self._flat, self._home, self._steps = [], {}, {}, {}
        for p, step, buffers in found.values():
            home = object()
            self._steps[id(p)], self._home[id(p)] = step, (home, 0)
            self._flat[home] = {
                k: asarray(v, dtype=p.dtype, device=p.device, copy=True).reshape(p.size).data
                for k, v in buffers.items()
            }
        self._bind()

    def __getstate__(self) -> dict[str, Any]:
        """For copies: their parameters are other objects than those the state is kept by."""
        own = {"_parts", "_flat", "_home", "_steps"}
        kept = {k: v for k, v in vars(self).items() if k not in own}
        return {**kept, "_saved": self.state_dict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.pop("_saved")
        vars(self).update(state)
        self.load_state_dict(saved)

    def __repr__(self) -> str:
        settings = ", ".join(f"{k}={v}" for k, v in self.defaults.items())
        return f"{type(self).__name__}({settings})"


def check_range(where: str, settings: dict[str, Any], **bounds: tuple[float, float]) -> None:
    """Raise unless each setting lies in its half-open range [low, high)."""
    for name, (low, high) in bounds.items():
        value = settings[name]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not low <= value < high:
            text = f"at least {low:g}" + (f" and below {high:g}" if high != float("inf") else "")
            raise ValueError(f"{where}: {name}: got {value!r}, wanted a number of {text}")
