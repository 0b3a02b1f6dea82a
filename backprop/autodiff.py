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
from backends import is_complex
from backends.record import current

from .changes import is_overwritten, last_change
from .graph import SELECT, Box, Leaf, Node, enable_grad, no_grad
from .rule import Into
from .rules import astype, conj, real, sum_to

Gradients = dict[Any, Any]


def sweep(
    seeds: list[tuple[Any, Any]],
    arrive: Callable[[Any, Any], Any],
    *,
    only: set[Any] | None = None,
    stops: frozenset[Any] | set[Any] = frozenset(),
    retain: bool = False,
    graph: bool = False,
    write: bool = False,
) -> None:
    """Carry gradients from the seeds (node, gradient) back through the graph.

    Args:
        arrive: called with each leaf, or each node of `stops`, and a gradient that reaches it;
            where it says True, the gradient goes no further.
        only: nodes worth visiting (None: all).
        stops: nodes whose gradients are wanted; the whole gradient arrives in one call.
        retain: keep what the nodes saved; else it is freed as the sweep passes.
        graph: gradients are boxes and the rules' own work is recorded, for higher derivatives.
        write: rules may write a leaf's first gradient straight into its place in an arena.
    """
    dtype: Any = None  # of the last node, and whether it is complex: it seldom changes
    complex_values = False
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
        if node in stops and arrive(node, g):
            continue
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
        if node.seq < last_change.seq:
            _check_unchanged(node)
        saved = primitive.boxed(node) if graph else node.saved
        if primitive.joint is not None:
            gradients = primitive.joint(g, saved, node.static)
            for parent, d in zip(node.parents, gradients, strict=True):
                if parent is not None and d is not None and (only is None or parent in only):
                    give(parent, d)
        else:
            if node.dtype is not dtype:
                dtype, complex_values = node.dtype, is_complex(node.dtype)
            conjugate = complex_values and primitive.textbook
            if conjugate:
                g = conj(g)
            for parent, rule in zip(node.parents, primitive.rules, strict=True):
                if parent is None or rule is None or (only is not None and parent not in only):
                    continue
                if conjugate:
                    give(parent, conj(rule(g, saved, node.static)))
                elif write and type(rule) is Into and _is_fresh(parent):
                    rule.write(g, saved, parent.slot.data)
                    parent.grad = parent.slot
                else:
                    give(parent, rule(g, saved, node.static))
        if not retain:
            node.saved, node.parents = None, ()


def _is_fresh(node: Any) -> bool:
    """Whether it is a variable in an arena that has no gradient yet."""
    return type(node) is Leaf and node.slot is not None and node.grad is None


def _fit(g: Any, node: Any) -> Any:
    """The gradient in the shape and dtype of the node: broadcasting and promotion undone."""
    if g.shape != node.shape:
        g = sum_to(g, shape=node.shape)
    kind = g.data.dtype if isinstance(g, Box) else g.dtype
    if kind is not node.dtype and kind != node.dtype:
        if is_complex(kind) and not is_complex(node.dtype):
            return _fit(real(g), node)
        g = astype(g, dtype=node.dtype)
    return g


def _check_unchanged(node: Node) -> None:
    """Raise if a value that the rules will use was changed since."""
    for array in node.primitive.arrays(node):
        if is_overwritten(array, node.seq):
            raise RuntimeError(
                f"backward: a value of shape {tuple(array.shape)} was changed in place after "
                f"{node.primitive.name} used it, maybe through a tensor that shares its memory, so "
                "the gradient would be wrong; run the forward pass again after the change (an "
                "optimizer's step(), say), or change a copy (x.clone())"
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
    elif current() is not None:  # of a Tensor that stays, a recording sees how it changes
        leaf.grad.data = leaf.grad.data + g
    else:
        leaf.grad = Box.make(leaf.grad.data + g, None)


def _accumulate_box(leaf: Leaf, g: Any) -> None:
    leaf.grad = g if leaf.grad is None else leaf.grad + g


def seed_of(output: Any, gradient: Any, what: str) -> Any:
    """The gradient to start from: given, or 1 for a single number."""
    if not isinstance(output, Box) or output.node is None:
        raise RuntimeError(
            f"{what}: the result does not depend on any Tensor with requires_grad=True "
            "(or was computed under no_grad)"
        )
    if gradient is None:
        if output.data.shape not in ((), (1,)):
            otherwise = (
                "take all its derivatives by backprop.jacobian"
                if what == "grad"
                else "pass the gradient to start from"
            )
            raise ValueError(
                f"{what}: the result has shape {tuple(output.data.shape)}, wanted a single number; "
                f"reduce it (.sum() or .mean()), or {otherwise}"
            )
        if is_complex(output.data.dtype):
            otherwise = "" if what == "grad" else ", or pass the gradient to start from"
            raise ValueError(
                f"{what}: the result is complex, wanted a real number; take a real part of it "
                f"(bp.real, bp.abs){otherwise}"
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
    seed = seed_of(output, gradient, "backward")
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
        raw = seed_of(output, given, "gradients")
        boxed = given if isinstance(given, Box) else Box.make(raw, None)
        seeds.append((output.node, boxed if create_graph else raw))
    for i, x in enumerate(inputs):
        if not isinstance(x, Box) or x.node is None:
            raise ValueError(f"gradients: inputs[{i}] does not require a gradient")
    stops = {x.node for x in inputs}
    only = between([node for node, _ in seeds], stops)
    found: Gradients = {}
    with enable_grad() if create_graph else no_grad():
        sweep(seeds, found.__setitem__, only=only, stops=stops, retain=retain, graph=create_graph)
    boxes = [found.get(x.node) for x in inputs]
    return tuple(g if g is None or isinstance(g, Box) else Box.make(g, None) for g in boxes)


def between(roots: list[Any], targets: set[Any]) -> set[Any]:
    """The nodes on a path from the roots to the targets."""
    oldest = min([t.seq for t in targets], default=0)  # nothing older depends on a target
    seen, stack = set(roots), list(roots)
    while stack:
        node = stack.pop()
        if type(node) is not Leaf and node.seq > oldest:
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
    return useful
