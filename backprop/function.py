"""Function: an operation with a derivative of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from .graph import Box, Item, Node, enable_grad, mode, no_grad, node_of


class Context:
    """What `forward` leaves for `backward` (the `ctx` argument)."""

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self._to_save: tuple[Any, ...] = ()
        self._saved: list[tuple[Any, Any]] = []
        self._materialize = True
        self._plain: tuple[int, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep Tensors (inputs, outputs or others; None is allowed) for `backward`.

        What is kept here, rather than as an attribute of ctx, can be freed in time, and inputs and
        outputs are differentiated through where a second derivative is wanted. (Anything else
        that forward computed counts as a constant there: compute it again in backward. `audit`
        finds such mistakes.)
        """
        for t in tensors:
            if t is not None and not isinstance(t, Box):
                raise TypeError(
                    f"save_for_backward: got a {type(t).__name__}, wanted Tensors or None; "
                    "keep other values as attributes of ctx"
                )
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` kept."""
        return tuple(data if data is None else Box.make(data, node) for data, node in self._saved)

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros (True) or None for an output that nothing used."""
        self._materialize = value

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Say that these outputs carry no gradient."""
        self._plain = tuple(id(o) for o in outputs)


class Function:
    """An operation with its own backward pass; PyTorch's form.

    `forward(ctx, *args, **kwargs)` computes, unrecorded; `backward(ctx, *grads)` returns one
    gradient (or None) for each positional argument of forward. Use it by `apply`. Alternatively
    `forward(*args)` without ctx, with `setup_context(ctx, inputs, output)` beside it.

    >>> import backprop as bp
    >>> class Cube(bp.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> float(bp.grad(bp.grad(Cube.apply))(2.0))
    12.0
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("a Function needs a static method forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError("a Function needs a static method backward(ctx, *grads)")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward and, where an argument requires a gradient, record the call."""
        parents = [a.node if isinstance(a, Box) else None for a in args]
        for name, a in kwargs.items():
            if isinstance(a, Box) and a.node is not None:
                raise TypeError(
                    f"{cls.__name__}.apply: {name} requires a gradient, and only positional "
                    "arguments get one; pass it by position or detach it"
                )
        wanted = mode.recording and any(p is not None for p in parents)
        ctx = Context(tuple(p is not None for p in parents))
        plain = [Box.make(a.data, None) if isinstance(a, Box) else a for a in args]
        with no_grad():
            if hasattr(cls, "setup_context"):
                result = cls.forward(*plain, **kwargs)
                cls.setup_context(ctx, tuple(plain), result)
            else:
                result = cls.forward(ctx, *plain, **kwargs)
        outs = result if isinstance(result, tuple) else (result,)
        for o in outs:
            if not isinstance(o, Box):
                raise TypeError(
                    f"{cls.__name__}.forward returned a {type(o).__name__}, wanted Tensors"
                )
        if not wanted:
            return tuple(Box.make(o.data, None) for o in outs) if outs is result else outs[0]
        call = _Applied(cls, ctx, outs, parents)
        node = node_of(call, parents, (), {}, outs[0].data)
        for i, (a, p) in enumerate(zip(args, plain, strict=True)):
            if isinstance(a, Box) and p.data is not a.data and any(t is p for t in ctx._to_save):
                raise RuntimeError(
                    f"{cls.__name__}.forward assigned to parts of its argument {i} and saved it: "
                    "what is saved is no longer the argument; assign to a copy (x.clone())"
                )
        saved = [_with_history(t, plain, parents, outs) for t in ctx._to_save]
        node.saved = (saved,)
        ctx._to_save = ()
        boxes = [
            Box.make(o.data, Item(node, i, o.data) if _differentiable(o, ctx) else None)
            for i, o in enumerate(outs)
        ]
        return tuple(boxes) if outs is result else boxes[0]


def _differentiable(out: Any, ctx: Context) -> bool:
    return id(out) not in ctx._plain and any(k in str(out.data.dtype) for k in ("float", "complex"))


def _with_history(tensor: Any, plain: Any, parents: Any, outs: Any) -> tuple[Any, Any]:
    """(array, where it comes from) of a saved tensor: an input's node, the number of an output,
    or None. The array alone would do for a first derivative; a tensor here would make a cycle."""
    if tensor is None:
        return None, None
    for a, parent in zip(plain, parents, strict=True):
        if a is tensor:
            return tensor.data, parent
    for i, o in enumerate(outs):
        if o is tensor:
            return tensor.data, i
    return tensor.data, None


class Call:
    """Stands in for a primitive in the node of one call whose derivative is not a table's: it has
    a name, a number of `outputs`, and the methods `arrays`, `boxed` and `joint` as primitives
    do."""

    rules = ()


class _Applied(Call):
    """One call of a Function."""

    def __init__(self, cls: type[Function], ctx: Context, outs: Any, parents: Any) -> None:
        self.cls, self.ctx, self.name, self.outputs = cls, ctx, cls.__name__, len(outs)
        self.like = [(o.data.shape, o.data.dtype) for o in outs]
        self.shapes = [p and tuple(p.shape) for p in parents]

    def arrays(self, node: Node) -> list[Any]:
        (saved,) = node.saved or ((),)
        return [d for d, _ in saved if d is not None]

    def boxed(self, node: Node) -> tuple[Any, ...]:
        (saved,) = node.saved or ((),)
        return ([(d, Item(node, n, d) if type(n) is int else n) for d, n in saved], True)

    def joint(self, g: list[Any], saved: tuple[Any, ...], static: Any) -> tuple[Any, ...]:
        recorded = len(saved) == 2
        ctx = self.ctx
        ctx._saved = [(d, None if type(n) is int else n) for d, n in saved[0]]
        try:
            grads = [self._gradient(x, i, g) for i, x in enumerate(g)]
            with enable_grad() if recorded else no_grad():
                result = self.cls.backward(ctx, *grads)
        finally:
            ctx._saved = []
        result = result if isinstance(result, tuple) else (result,)
        count = len(ctx.needs_input_grad)
        if len(result) > count and all(r is None for r in result[count:]):
            result = result[:count]
        if len(result) != count:
            raise RuntimeError(
                f"{self.name}.backward returned {len(result)} gradients, wanted {count}: "
                "one for each argument of forward (None where there is none)"
            )
        for i, (r, shape) in enumerate(zip(result, self.shapes, strict=True)):
            if r is None or shape is None:
                continue
            if not isinstance(r, Box):
                raise TypeError(
                    f"{self.name}.backward: gradient {i} is a {type(r).__name__}, "
                    "wanted a Tensor or None"
                )
            if not _sums_to(tuple(r.data.shape), shape):
                raise ValueError(
                    f"{self.name}.backward: gradient {i} has shape {tuple(r.data.shape)}, "
                    f"wanted its argument's, {shape}"
                )
        if recorded:
            return tuple(result)
        return tuple(r.data if isinstance(r, Box) else r for r in result)

    def _gradient(self, x: Any, i: int, all_of_them: list[Any]) -> Any:
        if x is None and self.ctx._materialize:
            import backends

            other = next(o for o in all_of_them if o is not None)
            data = other.data if isinstance(other, Box) else other
            shape, dtype = self.like[i]
            x = backends.namespace(data).zeros(shape, dtype=dtype, device=backends.of(data).device)
        return x if x is None or isinstance(x, Box) else Box.make(x, None)


def _sums_to(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether `wanted` broadcasts to `shape`, so that the sweep can sum a gradient to it."""
    tail = shape[len(shape) - len(wanted) :]
    return len(shape) >= len(wanted) and all(w in (1, n) for n, w in zip(tail, wanted, strict=True))


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a `backward` that cannot be differentiated itself: a second derivative through
    it raises, instead of being silently wrong."""

    @wraps(backward)
    def guarded(ctx: Any, *grads: Any) -> Any:
        recording = mode.recording
        with no_grad():
            result = backward(ctx, *grads)
        if not recording:
            return result
        several = isinstance(result, tuple)
        links = [g for g in (*grads, *ctx.saved_tensors) if isinstance(g, Box)]
        marked = tuple(
            r if r is None else _Barrier.apply(r, *links)
            for r in (result if several else (result,))
        )
        return marked if several else marked[0]

    guarded.once_differentiable = True  # type: ignore[attr-defined]
    return guarded


class _Barrier(Function):
    @staticmethod
    def forward(ctx: Any, x: Any, *links: Any) -> Any:
        return x

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError(
            "this Function's backward is marked once_differentiable: it has no second derivative"
        )
