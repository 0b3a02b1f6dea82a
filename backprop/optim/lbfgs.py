"""L-BFGS: steps along the gradient as seen through the curvature of the last steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import backends
from backends import record

from ..changes import last_change, overwritten
from ..graph import enable_grad
from ..nn.functional._checks import whole
from ..tensor import Tensor, asarray
from .checks import check_range
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer
from .saving import fitting_settings


class _Memory:
    """What is kept from step to step, under PyTorch's names; vectors run over all parameters."""

    def __init__(self) -> None:
        self.func_evals, self.n_iter = 0, 0
        self.d: Any = None  # the last direction
        self.t = 0.0  # how far along it
        self.old_dirs: list[Any] = []  # the last changes y of the gradient,
        self.old_stps: list[Any] = []  # of the parameters, s,
        self.ro: list[float] = []  # and 1 / (y·s)
        self.H_diag = 1.0  # the inverse Hessian where nothing is known of it
        self.prev_flat_grad: Any = None
        self.prev_loss: float | None = None


_VECTORS, _LISTS, _COUNTS = ("d", "prev_flat_grad"), ("old_dirs", "old_stps"), (
    "func_evals", "n_iter",
)  # fmt: skip


class LBFGS(Optimizer):
    """w <- w + t d, d = -H g; H is the inverse Hessian that the last steps suggest.

    H starts as (y·s) / (y·y) and takes in the pairs s (a step) and y (how it changed the
    gradient), the oldest first: H <- (1 - s yᵀ / y·s) H (1 - y sᵀ / y·s) + s sᵀ / y·s. Only the
    pairs are kept. For whole-batch training and smooth problems: one call of `step` makes up to
    `max_iter` iterations and calls the closure for each.

    All parameters share a dtype and a device, and there is one group. Those without a gradient
    count as having a gradient of 0.

    Args:
        params: parameters.
        lr: t (with a line search, where it begins).
        max_iter: how many iterations one `step` makes at most.
        max_eval: how often it calls the closure at most; 1.25 max_iter if not given.
        tolerance_grad: stop where no element of the gradient is larger.
        tolerance_change: stop where neither a parameter nor the loss changes by more.
        history_size: how many pairs are kept.
        line_search_fn: "strong_wolfe", or None for a fixed t.

    Source: Liu and Nocedal, "On the limited memory BFGS method for large scale optimization"
    (1989); the two loops: Nocedal and Wright, "Numerical optimization" (2006), algorithm 7.4.

    >>> import backprop as bp
    >>> w = bp.asarray([3.0, -2.0], requires_grad=True)
    >>> optimizer = bp.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 1.0) ** 4).sum()
    ...     loss.backward()
    ...     return loss
    >>> round(optimizer.step(closure).item(), 3), bool(closure() < 1e-6)
    (97.0, True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        max_iter = whole("LBFGS", "max_iter", max_iter)
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
            "history_size": history_size, "line_search_fn": line_search_fn,
        })  # fmt: skip
        self._memory = _Memory()

    def add_param_group(self, group: dict[str, Any]) -> None:
        if self.param_groups:
            raise ValueError("LBFGS: params: got a second group, wanted one for all parameters")
        super().add_param_group(group)

    def check(self, group: dict[str, Any]) -> None:
        check_range("LBFGS", group, "lr", "tolerance_grad", "tolerance_change")
        for name in ("max_iter", "max_eval", "history_size"):
            group[name] = whole("LBFGS", name, group[name])
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(
                f"LBFGS: line_search_fn: got {group['line_search_fn']!r}, wanted 'strong_wolfe' "
                "or None"
            )
        kinds = sorted({f"{p.dtype} on {p.device}" for p in group["params"]})
        if len(kinds) > 1:
            raise ValueError(
                f"LBFGS: params: got {' and '.join(kinds)}, wanted one dtype and one device"
            )

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ()

    # ------------------------------------------------------- parameters as one vector

    def _flat_gradient(self) -> Any:
        pieces = []
        for p in self.param_groups[0]["params"]:
            xp, leaf = backends.namespace(p.data), p.node
            if leaf is None or leaf.grad is None:
                pieces.append(xp.zeros(p.size, dtype=p.data.dtype, device=p.data.device))
            else:
                pieces.append(xp.astype(xp.reshape(leaf.grad.data, (-1,)), p.data.dtype))
        return xp.concat(pieces)

    def _flat_values(self) -> Any:
        data = [p.data for p in self.param_groups[0]["params"]]
        xp = backends.namespace(data[0])
        return xp.concat([xp.reshape(a, (-1,)) for a in data])

    def _set(self, values: Any) -> None:
        start = 0
        for p in self.param_groups[0]["params"]:
            stop = start + p.size
            if p.node is not None:
                xp = backends.namespace(p.data)
                p.data[...] = xp.reshape(values[start:stop], p.shape)
                overwritten(p.data)
                p.node.changed = last_change.seq
            start = stop

    # ----------------------------------------------------------------------- the step

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        if not callable(closure):
            raise TypeError(
                f"LBFGS: step: closure: got a {type(closure).__name__}, wanted a function that "
                "forgets the gradients, computes the loss, goes backward and returns the loss"
            )
        if record.current() is not None:
            raise record.CaptureError(
                "LBFGS: it looks at the loss to decide how far to go, which a recording cannot"
                f"{record.where()}; capture the closure alone: optimizer.step(backprop.capture("
                "closure))"
            )
        group, memory = self.param_groups[0], self._memory
        self.check(group)
        self._bound()
        self._bring_memory(group["params"][0])
        first, loss = self._evaluate(closure)
        grad, calls = self._flat_gradient(), 1
        if _largest(grad) <= group["tolerance_grad"]:
            return first
        for iteration in range(1, group["max_iter"] + 1):
            memory.n_iter += 1
            self._steps[id(group["params"][0])] = memory.n_iter
            self._turn(grad, group["history_size"])
            d, before = memory.d, loss
            memory.prev_flat_grad, memory.prev_loss = grad, loss
            memory.t = group["lr"]
            if memory.n_iter == 1:
                memory.t *= min(1.0, 1.0 / float(_sum(abs(grad))))
            slope = float(grad @ d)
            if slope > -group["tolerance_change"]:
                break
            here = Point(0.0, loss, slope, grad)
            last = iteration == group["max_iter"]
            loss, grad, more = self._walk(closure, group, here, group["max_eval"] - calls, last)
            calls += more
            if (
                last
                or calls >= group["max_eval"]
                or _largest(grad) <= group["tolerance_grad"]
                or _largest(d) * memory.t <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        return first

    def _evaluate(self, closure: Callable[[], Any]) -> tuple[Any, float]:
        self._memory.func_evals += 1
        with enable_grad():
            loss = closure()
        return loss, float(loss)

    def _turn(self, grad: Any, history_size: int) -> None:
        """Take in what the last step taught, and set the direction."""
        memory = self._memory
        if memory.n_iter == 1:
            memory.d = -grad
            return
        y, s = grad - memory.prev_flat_grad, memory.d * memory.t
        ys = float(y @ s)
        if ys > 1e-10:
            for kept, new in zip(
                (memory.old_dirs, memory.old_stps, memory.ro), (y, s, 1.0 / ys), strict=True
            ):  # fmt: skip
                if len(kept) == history_size:
                    del kept[0]
                kept.append(new)
            memory.H_diag = ys / float(y @ y)
        pairs = list(zip(memory.old_dirs, memory.old_stps, memory.ro, strict=True))
        q, weights = -grad, []
        for y, s, ro in reversed(pairs):
            weights.append(float(s @ q) * ro)
            q = q - y * weights[-1]
        d = q * memory.H_diag
        for (y, s, ro), weight in zip(pairs, reversed(weights), strict=True):
            d = d + s * (weight - float(y @ d) * ro)
        memory.d = d

    def _walk(
        self, closure: Callable[[], Any], group: dict[str, Any], here: Point, most: int, last: bool
    ) -> tuple[float, Any, int]:
        """Move along the direction: (loss and gradient there, how often the closure was called).

        After the last of several fixed steps nobody asks for them.
        """
        memory, start = self._memory, self._flat_values()
        d = memory.d
        if group["line_search_fn"] is None:
            self._set(start + d * memory.t)
            if last:
                return here.loss, here.gradient, 0
            loss = self._evaluate(closure)[1]
            return loss, self._flat_gradient(), 1

        def at(t: float) -> Point:
            self._set(start + d * t)
            loss = self._evaluate(closure)[1]
            grad = self._flat_gradient()
            return Point(t, loss, float(grad @ d), grad)

        found, calls = strong_wolfe(at, here, memory.t, _largest(d), most)
        memory.t = found.t
        self._set(start + d * found.t)
        return found.loss, found.gradient, calls

    # ----------------------------------------------------------------------- its state

    def _bring_memory(self, p: Tensor) -> None:
        """To where the parameters are now."""
        memory = self._memory

        def here(v: Any) -> Any:
            return None if v is None else Tensor(v).to(p.device, p.dtype).data

        for name in _VECTORS:
            setattr(memory, name, here(getattr(memory, name)))
        for name in _LISTS:
            setattr(memory, name, [here(v) for v in getattr(memory, name)])

    @property
    def state(self) -> Mapping[Tensor, dict[str, Any]]:
        """All of it belongs to the first parameter, as in PyTorch."""
        memory = self._memory
        if not memory.func_evals:
            return MappingProxyType({})
        entry = {k: getattr(memory, k) for k in _COUNTS}
        if memory.n_iter:
            entry |= vars(memory)
            entry |= {k: Tensor(getattr(memory, k)) for k in _VECTORS}
            entry |= {k: [Tensor(v) for v in getattr(memory, k)] for k in _LISTS}
            entry["ro"] = list(memory.ro)
        return MappingProxyType({self.param_groups[0]["params"][0]: entry})

    def load_state_dict(self, state: dict[str, Any]) -> None:
        settings = fitting_settings(self, state)
        params = self.param_groups[0]["params"]
        self._memory = _loaded(dict(state["state"]), params)
        self.param_groups[0].update(settings[0])
        self._steps = {id(params[0]): self._memory.n_iter} if self._memory.n_iter else {}
        self._parts, self._flat, self._home, self._numbers = [], {}, {}, {}

    def __getstate__(self) -> dict[str, Any]:
        kept = super().__getstate__()
        del kept["_memory"]
        return kept


def _loaded(state: dict[Any, Any], params: list[Tensor]) -> _Memory:
    memory, size = _Memory(), sum(p.size for p in params)
    if not state:
        return memory
    where = "LBFGS: load_state_dict"
    entry = state.get(0, state.get("0"))
    if len(state) != 1 or entry is None or not set(_COUNTS) <= set(entry):
        raise ValueError(f"{where}: the state belongs to an optimizer other than LBFGS")
    missing = sorted(set(vars(memory)) - set(entry))
    if int(entry["n_iter"]) and missing:
        raise ValueError(f"{where}: the state has no {', '.join(missing)}")

    def vector(name: str, v: Any) -> Any:
        if tuple(v.shape) != (size,):
            raise ValueError(f"{where}: {name} has shape {tuple(v.shape)}, wanted ({size},)")
        return asarray(v, dtype=params[0].dtype, device=params[0].device, copy=True).data

    memory.func_evals, memory.n_iter = (int(entry[k]) for k in _COUNTS)
    if memory.n_iter:
        for name in _VECTORS:
            setattr(memory, name, vector(name, entry[name]))
        for name in _LISTS:
            setattr(memory, name, [vector(name, v) for v in entry[name]])
        memory.ro = [float(v) for v in entry["ro"]]
        memory.t, memory.H_diag = float(entry["t"]), float(entry["H_diag"])
        memory.prev_loss = float(entry["prev_loss"])
    return memory


def _sum(x: Any) -> Any:
    return backends.namespace(x).sum(x)


def _largest(x: Any) -> float:
    """The largest absolute value of a vector's elements."""
    return float(backends.namespace(x).max(abs(x))) if x.shape[0] else 0.0
