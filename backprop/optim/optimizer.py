"""Optimizer: parameter groups, flat state, and the loop every optimizer shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import backends
from backends import record

from ..changes import last_change, overwritten
from ..graph import enable_grad
from ..tensor import Tensor, zeros_like
from . import recorded, saving
from .arena import Arena, arena_of, groups, part, runs
from .step_hooks import Stepped

_SMALL = 1e-30
"""An eps that may vanish beside the values: 0 / 0 in the unused zeros between parameters."""


class Optimizer(Stepped):
    """The base of all optimizers.

    Args:
        params: parameters (`model.parameters()`), or dicts {"params": ..., "lr": ...} whose
            settings override the defaults for that group. In place of parameters there may be
            pairs of a name and a parameter (`model.named_parameters()`); a group, and its saved
            state, then lists the names as "param_names".
        defaults: settings by name.

    A subclass lists in `buffers` the flat state it needs, and names the `kernel` that makes the
    step and the `numbers` that it takes (or defines `update`).

    Attributes:
        param_groups: a list of dicts, as in PyTorch: `optimizer.param_groups[0]["lr"] = 0.01`.
    """

    kernel: str = ""
    """The kernel that makes the step of flat arrays: kernel(p, g, *buffers, **numbers)."""

    places: tuple[str, ...] = ()
    """The kernel's buffers in order, where not every setting needs them all."""

    scalars: tuple[str, ...] = ()
    """The names of what is kept for each parameter beside its buffers: single numbers."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self._parts: list[tuple[dict[str, Any], list[Tensor], Arena]] = []
        # Flat state buffers by name, in the layout of an arena (or one parameter's alone, until it
        # moves into an arena), and in which of them, from where on, each parameter's state is:
        self._flat: dict[Any, dict[str, Any]] = {}
        self._home: dict[int, tuple[Any, int]] = {}
        self._steps: dict[int, int] = {}
        self._numbers: dict[int, tuple[float, ...]] = {}
        self._written = 0  # how often these two were changed otherwise than by a replay
        super().__init__()
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
        unknown = set(group) - {"params"} - set(self.defaults) - saving.OF_SCHEDULES
        if unknown:
            raise ValueError(
                f"params: unknown setting {sorted(unknown)[0]!r}, wanted one of "
                f"{', '.join(sorted(self.defaults))}"
            )
        params = group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        names, params = _named(params)
        if any(("param_names" in g) != (names is not None) for g in self.param_groups):
            raise ValueError(
                "params: got groups with names and groups without, wanted names for all or none: "
                "model.named_parameters() or model.parameters()"
            )
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
        if names is not None:
            settings["param_names"] = names
        self.check(settings)
        self.param_groups.append(settings)
        self._parts = []

    # ------------------------------------------------------------ for subclasses

    def check(self, group: dict[str, Any]) -> None:
        """Raise if a setting of a group makes no sense."""

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The names of the flat buffers a group's update needs."""
        raise NotImplementedError

    def first(self, group: dict[str, Any]) -> Mapping[str, float]:
        """What buffers hold before a parameter's first step, where that is not 0."""
        return {}

    def first_scalars(self, group: dict[str, Any]) -> tuple[float, ...]:
        """What the `scalars` are before a parameter's first step."""
        return ()

    def next_scalars(self, group: dict[str, Any], step: int, *old: float) -> tuple[float, ...]:
        """What the `scalars` are after this step."""
        return ()

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        """What the kernel is told beside its arrays, by name.

        `step` counts from 1. `kept` are the `scalars`, as they are before the step.
        """
        raise NotImplementedError

    def update(self, group: dict[str, Any], step: int, p: Any, g: Any, *state: Any) -> None:
        """Change the flat values p in place, given the gradients g and the state buffers, behind
        which come the `scalars`: by the kernel, unless a subclass has its own way."""
        names = self.buffers(group)
        flat, kept = state[: len(names)], state[len(names) :]
        getattr(backends.kernels, self.kernel)(
            p, g, *self.in_places(names, flat), **self.numbers(group, step, *kept)
        )

    def in_places(self, names: tuple[str, ...], flat: Sequence[Any]) -> Sequence[Any]:
        """The buffers where the kernel wants them, with None for those that are not needed."""
        if not self.places or names == self.places:
            return flat
        named = dict(zip(names, flat, strict=True))
        return [named.get(name) for name in self.places]

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
        if self._before:
            closure = self._changed_by_hooks(closure)
        loss = self._step(closure)
        for hook in list(self._after):
            hook.call(self, (self,) if closure is None else (self, closure), {})
        return loss

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        loss = None
        if record.current() is not None:
            recorded.refuse_other_ways(self)
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group, params, arena in self._bound():
            self._update(group, params, arena)
        return loss

    def _update(self, group: dict[str, Any], params: list[Tensor], arena: Arena) -> None:
        """One step of a group's parameters that live in an arena."""
        if (tape := record.current()) is not None:
            recorded.update(self, tape, group, params, arena)
            self._count(group, params)
            return
        steps, numbers = self._steps, self._numbers
        start_numbers = self.first_scalars(group)
        names = self.buffers(group)
        flat = [self._buffer(arena, name) for name in names]

        def key(i: int) -> tuple[int, tuple[float, ...]]:
            k = id(params[i])
            return steps.get(k, 0) + 1, numbers.get(k, start_numbers)

        for start, stop, (step, kept) in runs(params, key, group.get("eps", 1.0) < _SMALL):
            parts = [f[start:stop] for f in flat]
            if step == 1:
                for name, value in self.first(group).items():
                    parts[names.index(name)][...] = value
            values = arena.values[start:stop]
            self.update(group, step, values, arena.grads[start:stop], *parts, *kept)
            overwritten(values)
        self._count(group, params)

    def _count(self, group: dict[str, Any], params: Iterable[Tensor]) -> None:
        """Note that the parameters with gradients have made a step."""
        moved = [p for p in params if p.node.grad is not None]
        for p in moved:
            p.node.changed = last_change.seq
        keys = [id(p) for p in moved]
        if (tape := record.current()) is not None:
            recorded.advance(self, tape, group, keys)
            return
        self._written += 1
        self._advance(group, keys)

    def _advance(self, group: dict[str, Any], keys: list[int]) -> None:
        """Count a step of these parameters."""
        steps, numbers = self._steps, self._numbers
        for k in keys:
            step = steps[k] = steps.get(k, 0) + 1
            if self.scalars:
                old = numbers.get(k) or self.first_scalars(group)
                numbers[k] = self.next_scalars(group, step, *old)

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
        if record.current() is not None:
            raise record.NotNowError("an optimizer takes its parameters into an arena")
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
            if record.current() is not None:
                raise record.NotNowError(f"an optimizer makes a buffer, {name}")
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

    @property
    def state(self) -> Mapping[Tensor, dict[str, Any]]:
        """What is kept for each parameter that made a step: `optimizer.state[p]["exp_avg"]`.

        The Tensors view the optimizer's own; the mapping is made anew each time.
        """
        self._bound()
        found = {}
        for group in self.param_groups:
            names = self.buffers(group)
            for p in group["params"]:
                if step := self._steps.get(id(p)):
                    home, offset = self._home[id(p)]
                    flat = self._flat[home]
                    found[p] = {
                        "step": step,
                        **dict(zip(self.scalars, self._numbers.get(id(p), ()), strict=False)),
                        **{n: Tensor(part(flat[n], offset, p.shape)) for n in names if n in flat},
                    }
        return MappingProxyType(found)

    def state_dict(self) -> dict[str, Any]:
        """The state of each parameter, by its number, and the settings of the groups.

        The form is PyTorch's: {"state": {0: {"step": n, ...}}, "param_groups": [...]}.
        """
        return saving.saved(self)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what `state_dict` gave (here or in PyTorch).

        Raises:
            ValueError: it belongs to another model or another optimizer; nothing is loaded.
        """
        settings = saving.fitting_settings(self, state)
        entries = saving.fitting_entries(self, settings, state)
        for group, new in zip(self.param_groups, settings, strict=True):
            group.update(new)
        self._parts, self._flat, self._home, self._steps, self._numbers = [], {}, {}, {}, {}
        self._written += 1
        for entry in entries:
            k, home = id(entry.parameter), object()
            self._steps[k], self._home[k], self._flat[home] = entry.step, (home, 0), entry.flat()
            if len(entry.scalars) == len(self.scalars):
                self._numbers[k] = entry.scalars
        self._bind()

    def __getstate__(self) -> dict[str, Any]:
        """For copies: their parameters are other objects than those the state is kept by. Hooks
        stay with the original."""
        own = {"_parts", "_flat", "_home", "_steps", "_numbers", "_written", "_before", "_after"}
        kept = {k: v for k, v in vars(self).items() if k not in own}
        return {**kept, "_saved": self.state_dict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.pop("_saved")
        vars(self).update(state, _before=[], _after=[], _written=0)
        self.load_state_dict(saved)

    def __repr__(self) -> str:
        settings = ", ".join(f"{k}={v}" for k, v in self.defaults.items())
        return f"{type(self).__name__}({settings})"


def _named(params: list[Any]) -> tuple[list[str] | None, list[Any]]:
    """The names, if what is given are pairs of a name and a parameter, and the parameters."""
    pairs = [isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str) for p in params]
    if not any(pairs):
        return None, params
    if not all(pairs):
        raise ValueError(
            f"params: got {sum(pairs)} of {len(params)} with names, wanted all or none: "
            "model.named_parameters() or model.parameters()"
        )
    return [name for name, _ in params], [p for _, p in params]
