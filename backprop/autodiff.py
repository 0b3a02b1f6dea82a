"""The reverse sweep, and the derivatives built on it.

Every node is newer than the nodes it depends on. So the sweep takes the newest node that has a
gradient, hands it on to the node's parents through the rules, and goes on: when a node's turn
comes, all its consumers, being newer, have had theirs, and its gradient is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

import backends

from .primitive import SELECT, Box, Into, Leaf, Node, enable_grad, mode, no_grad

Gradients = dict[Any, Any]


def sweep(
    seeds: list[tuple[Any, Any]],
    arrive: Callable[[Any, Any], None],
    *,
    only: set[Any] | None = None,
    stops: frozenset[Any] | set[Any] = frozenset(),
    retain: bool = False,
    graph: bool = False,
    write: bool = False,
) -> None:
    """Carry gradients from the seeds (node, gradient) back through the graph.

    Args:
        arrive: called with each leaf, or each node of `stops`, and a gradient that reaches it.
        only: nodes worth visiting (None: all).
        stops: nodes whose gradients are wanted; the whole gradient arrives in one call.
        retain: keep what the nodes saved; else it is freed as the sweep passes.
        graph: gradients are boxes and the rules' own work is recorded, for higher derivatives.
        write: rules may write a leaf's first gradient straight into its place in an arena.
    """
    pending: Gradients = {}
    heap: list[tuple[int, Any]] = []

    def give(node: Any, g: Any) -> None:
        if g.shape != node.shape or g.dtype is not node.dtype:
            g = _fit(g, node)
        if type(node) is Leaf and node not in stops:
            arrive(node, g)
        elif node in pending:
            pending[node] = pending[node] + g
        else:
            pending[node] = g
            heappush(heap, (-node.seq, node))

    for node, g in seeds:
        give(node, g)
    while heap:
        _, node = heappop(heap)
        g = pending.pop(node)
        if node in stops:
            arrive(node, g)
        if type(node) is Leaf:
            continue
        if node.saved is None:
            raise RuntimeError(
                f"backward: the values {node.primitive.name} saved were already freed by an "
                "earlier backward; pass retain_graph=True to that one to go through it again"
            )
        primitive = node.primitive
        if primitive is SELECT:  # one output of several: hold its gradient in its place
            (parent,) = node.parents
            if only is not None and parent not in only:
                continue
            if parent not in pending:
                pending[parent] = [None] * parent.primitive.outputs
                heappush(heap, (-parent.seq, parent))
            held = pending[parent][node.index]
            pending[parent][node.index] = g if held is None else held + g
            continue
        if only is not None and not any(p in only for p in node.parents):
            continue  # nothing that is wanted lies beyond
        _check_unchanged(node)
        saved = primitive.boxed(node) if graph else node.saved
        if primitive.joint is not None:
            gradients = primitive.joint(g, saved, node.static)
            for parent, d in zip(node.parents, gradients, strict=True):
                if parent is not None and d is not None and (only is None or parent in only):
                    give(parent, d)
        else:
            for parent, rule in zip(node.parents, primitive.rules, strict=True):
                if parent is None or rule is None or (only is not None and parent not in only):
                    continue
                if write and type(rule) is Into and type(parent) is Leaf:
                    if parent.grad is None and parent.slot is not None:
                        rule.write(g, saved, parent.slot.data)
                        parent.grad = parent.slot
                        continue
                give(parent, rule(g, saved, node.static))
        if not retain:
            node.saved, node.parents = None, ()


def _fit(g: Any, node: Any) -> Any:
    """The gradient in the shape and dtype of the node: broadcasting and promotion undone."""
    if g.shape != node.shape:
        from .rules import sum_to

        g = sum_to(g, shape=node.shape)
    kind = g.data.dtype if isinstance(g, Box) else g.dtype
    if kind is not node.dtype and kind != node.dtype:
        from .rules import astype

        g = astype(g, dtype=node.dtype)
    return g


def _check_unchanged(node: Node) -> None:
    """Raise if a variable whose value the rules will use was changed since."""
    saved = node.saved or ()
    for n, i in enumerate(node.primitive.kept):
        if i < 2 or (n < len(saved) and saved[n] is None):
            continue
        parent = node.parents[i - 2]
        while type(parent) is Node and parent.primitive.views and parent.parents:
            parent = parent.parents[0]  # a view's memory is its input's
        if type(parent) is Leaf and parent.changed[0] > node.seq:
            raise RuntimeError(
                f"backward: the variable of shape {tuple(parent.shape)} was changed in place "
                f"after {node.primitive.name} used it, so its gradient would be wrong; run the "
                "forward pass again after the change (an optimizer's step(), say)"
            )


def _accumulate(leaf: Leaf, g: Any) -> None:
    """Add a bare gradient to a leaf's; in an arena it is written into the leaf's slot."""
    slot = leaf.slot
    if leaf.grad is None:
        if slot is None:  # a copy: g may be a read-only view, or another variable's gradient too
            leaf.grad = Box.make(backends.namespace(g).asarray(g, copy=True), None)
        else:
            slot.data[...] = g
            leaf.grad = slot
    elif leaf.grad is slot and slot is not None:
        slot.data[...] += g
    else:
        leaf.grad = Box.make(leaf.grad.data + g, None)


def _accumulate_box(leaf: Leaf, g: Any) -> None:
    leaf.grad = g if leaf.grad is None else leaf.grad + g


def _seed(output: Any, gradient: Any, what: str) -> Any:
    """The gradient to start from: given, or 1 for a single number."""
    if not isinstance(output, Box) or output.node is None:
        raise RuntimeError(
            f"{what}: the result does not depend on any Tensor with requires_grad=True "
            "(or was computed under no_grad)"
        )
    if gradient is None:
        if output.data.shape not in ((), (1,)):
            raise ValueError(
                f"{what}: the result has shape {tuple(output.data.shape)}, wanted a single number; "
                "reduce it (.sum() or .mean()), or pass the gradient to start from"
            )
        return backends.kernels.ones_like(output.data)
    data = gradient.data if isinstance(gradient, Box) else gradient
    if not hasattr(data, "shape"):
        raise TypeError(f"{what}: the gradient is a {type(data).__name__}, wanted a Tensor")
    if tuple(data.shape) != tuple(output.data.shape):
        raise ValueError(
            f"{what}: the gradient has shape {tuple(data.shape)}, wanted the result's, "
            f"{tuple(output.data.shape)}"
        )
    return data


def backward(
    output: Any,
    gradient: Any = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add d output / d x to `x.grad` for every variable x (every leaf that requires a gradient).

    Args:
        output: a Tensor with one element, or any with `gradient` given.
        gradient: d(what is wanted) / d output; 1 by default.
        retain_graph: keep the graph for another pass (default: the value of create_graph).
        create_graph: record the pass itself, so that the gradients can be differentiated.
    """
    retain = create_graph if retain_graph is None else retain_graph
    seed = _seed(output, gradient, "backward")
    if create_graph:
        if not isinstance(gradient, Box):
            gradient = Box.make(seed, None)
        with enable_grad():
            sweep([(output.node, gradient)], _accumulate_box, retain=retain, graph=True)
    else:
        sweep([(output.node, seed)], _accumulate, retain=retain, write=True)


def gradients(
    outputs: Sequence[Any],
    inputs: Sequence[Any],
    grad_outputs: Sequence[Any] | None = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> tuple[Any, ...]:
    """The sum of d outputs / d input for each input, as Tensors; no `.grad` is touched.

    An input may be any Tensor of the graph, not only a leaf. None stands for an input that
    the outputs do not depend on. (PyTorch's `torch.autograd.grad`.)
    """
    retain = create_graph if retain_graph is None else retain_graph
    grad_outputs = grad_outputs or [None] * len(outputs)
    seeds = []
    for output, given in zip(outputs, grad_outputs, strict=True):
        raw = _seed(output, given, "gradients")
        boxed = given if isinstance(given, Box) else Box.make(raw, None)
        seeds.append((output.node, boxed if create_graph else raw))
    for i, x in enumerate(inputs):
        if not isinstance(x, Box) or x.node is None:
            raise ValueError(f"gradients: inputs[{i}] does not require a gradient")
    stops = {x.node for x in inputs}
    only, _ = _between([node for node, _ in seeds], stops)
    found: Gradients = {}
    with enable_grad() if create_graph else no_grad():
        sweep(seeds, found.__setitem__, only=only, stops=stops, retain=retain, graph=create_graph)
    boxes = [found.get(x.node) for x in inputs]
    return tuple(g if g is None or isinstance(g, Box) else Box.make(g, None) for g in boxes)


def _between(roots: list[Any], targets: set[Any]) -> tuple[set[Any], bool]:
    """The nodes on a path from the roots to the targets, and whether the graph has leaves beside
    the targets."""
    seen, stack, others = set(roots), list(roots), False
    while stack:
        node = stack.pop()
        if type(node) is Leaf:
            others = others or node not in targets
            continue
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    useful = set(targets)
    for node in sorted(seen, key=lambda n: n.seq):
        if type(node) is Leaf:
            continue
        # A freed node no longer knows what it depends on: the sweep is to find it and say so.
        if node.saved is None or any(p in useful for p in node.parents):
            useful.add(node)
    return useful, others


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns (f(...), gradient of f with respect to the chosen arguments).

    Args:
        f: a function of Tensors (bare arrays and numbers are wrapped) with a single number as
            result; with has_aux, a pair of it and anything else.
        argnums: which positional argument to differentiate by, or several: then the gradient is
            a tuple. They need no `requires_grad`; one that f does not use gets zeros.

    The gradient can be differentiated again, in any nesting.

    >>> import backprop as bp
    >>> value, slope = bp.value_and_grad(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """
    several = not isinstance(argnums, int)
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    name = getattr(f, "__name__", "f")

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        from .tensor import asarray

        args_list = list(args)
        variables = []
        with enable_grad():
            for i in chosen:
                if not -len(args) <= i < len(args):
                    raise ValueError(
                        f"argnums: got {i}, but {name} was called with {len(args)} arguments"
                    )
                x = args[i] if isinstance(args[i], Box) else asarray(args[i])
                variable = _variable(x, f"argument {i} of {name}")
                args_list[i] = variable
                variables.append(variable)
            result = f(*args_list, **kwargs)
        out, aux = result if has_aux else (result, None)
        slopes = _slopes(out, variables, mode.recording)
        if not mode.recording:
            out = out.detach()
        gradient = tuple(slopes) if several else slopes[0]
        return ((out, aux) if has_aux else out), gradient

    return wrapped


def _variable(x: Any, what: str) -> Any:
    """A fresh variable with x's value, still tied to x where x is part of a graph itself."""
    if "float" not in str(x.data.dtype):
        raise TypeError(
            f"{what} has dtype {x.data.dtype}, wanted a floating-point one to differentiate by"
        )
    if x.node is None:
        return Box.make(x.data, Leaf(x.data))
    from .rules import identity

    return identity(x)


def _slopes(out: Any, variables: list[Any], differentiable: bool) -> list[Any]:
    """d out / d variables; recorded when anything else in the graph could want a derivative."""
    from .tensor import zeros_like

    if not isinstance(out, Box):
        raise TypeError(f"grad: the function returned a {type(out).__name__}, wanted a Tensor")
    if out.node is None:
        if out.data.shape not in ((), (1,)):
            _seed(Box.make(out.data, Leaf(out.data)), None, "grad")
        return [zeros_like(v) for v in variables]
    root, seed = out.node, _seed(out, None, "grad")
    nodes = [v.node for v in variables]
    stops = set(nodes)
    only, others = _between([root], stops)
    tied = others or any(type(n) is not Leaf for n in nodes)
    graph = tied and differentiable
    if not tied:  # nothing outside could ask for more: let the graph go
        out.node = None
    found: Gradients = {}
    start = Box.make(seed, None) if graph else seed
    with enable_grad() if graph else no_grad():
        sweep([(root, start)], found.__setitem__, only=only, stops=stops, retain=tied, graph=graph)
    slopes = [found.get(n) for n in nodes]
    return [
        zeros_like(v) if g is None else g if isinstance(g, Box) else Box.make(g, None)
        for g, v in zip(slopes, variables, strict=True)
    ]


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns the gradient of f; see `value_and_grad`.

    >>> import backprop as bp
    >>> float(bp.grad(bp.grad(lambda x: x**3))(2.0))
    12.0
    """
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient
