"""One run of a function, and the linear map it leaves behind.

Near its inputs x a function is linear: f(x + v) ≈ f(x) + J v. A Trace keeps the graph of one run
and applies J's transpose to as many vectors as are wanted (`pull`, a reverse sweep each) and J
itself (`push`). Every transformation is made of these two.

The inputs are replaced by fresh variables. That keeps nested transformations apart: a sweep ends
at its own variables, and whatever else the function depends on (the variables of an enclosing
transformation, parameters that require a gradient) stays in the graph for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import backends

from .. import tree
from ..autodiff import sweep
from ..graph import Box, enable_grad, mode
from .arguments import Arguments, variable
from .reach import Reach


def recorded() -> Any:
    """A context in which operations are recorded."""
    return nullcontext() if mode.recording else enable_grad()


class Trace:
    """One run of a function.

    Args:
        f, name, caller: the function, and what to call it and the transformation in errors.
        args, kwargs: its arguments.
        chosen: the places of those to differentiate by.
        has_aux: whether f returns a pair whose second is not to be differentiated.

    Attributes:
        outs: the leaves of f's result.
        aux: the second of the pair, as f's caller is to get it.
        tied: whether anything outside might want the derivative of what comes out of here.
        lasting: whether the graph is wanted even after it was swept.
    """

    def __init__(
        self,
        f: Any,
        name: str,
        caller: str,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        chosen: Sequence[int],
        has_aux: bool = False,
    ) -> None:
        self.recording = mode.recording
        with recorded():
            self.inputs = Arguments(args, chosen, name)
            out = f(*self.inputs.args, **kwargs)
        self.inputs.args = []
        self.stops = set(self.inputs.nodes)
        aux = None
        if has_aux:
            if not (isinstance(out, tuple) and len(out) == 2):
                raise TypeError(
                    f"{caller}: the function returned a {type(out).__name__}, "
                    "wanted a pair (result, aux), as has_aux says"
                )
            out, aux = out
        if isinstance(out, Box):
            self.structure: Any = tree.LEAF
            self.outs = [out]
        else:
            self.outs, self.structure = tree.flatten(out)
            _check(self.outs, out, caller)
        self.arrays = [o.data for o in self.outs]
        self.roots = [o.node for o in self.outs]
        self.reach = Reach(self.roots, self.stops)
        self.tied = self.inputs.tied or self.reach.beyond
        self.only = self.reach.useful() if self.reach.outer else None  # else everything is
        self.aux = tree.map(self.outside, aux)
        asides = tree.flatten(self.aux)[0]
        self.lasting = self.tied or any(isinstance(a, Box) and a.node is not None for a in asides)
        self.transposed: Any = None

    def outside(self, leaf: Any, beyond: bool | None = None) -> Any:
        """A result as f's caller is to get it: with a history only where anything outside might
        want its derivative."""
        if not isinstance(leaf, Box) or leaf.node is None:
            return leaf
        if self.recording:
            if beyond is None:
                beyond = self.inputs.tied or Reach([leaf.node], self.stops).beyond
            if beyond:
                return leaf
        return Box.make(leaf.data, None)

    def result(self) -> Any:
        """f's result as its caller is to get it."""
        alike = len(self.outs) == 1 or not self.tied
        outs = [self.outside(o, self.tied if alike else None) for o in self.outs]
        return outs[0] if self.structure is tree.LEAF else tree.unflatten(self.structure, outs)

    def differentiable(self, vectors: Sequence[Any]) -> bool:
        """Whether a product with these vectors is to be recorded."""
        return mode.recording and (
            self.tied or any(v is not None and v.node is not None for v in vectors)
        )

    def pull(self, gs: Sequence[Any], graph: bool, retain: bool = True) -> list[Any]:
        """Jᵀ g: from the outputs' gradients (None: zero) those of the variables.

        Args:
            graph: record the sweep, so that what it gives can be differentiated.
            retain: keep the graph for another time.
        """
        found = _sweep(self.roots, gs, self.stops, self.only, graph, retain)
        inputs = self.inputs
        return [_box(found.get(n), a) for n, a in zip(inputs.nodes, inputs.arrays, strict=True)]

    def push(self, vs: Sequence[Any], graph: bool) -> list[Any]:
        """J v: from changes of the variables (None: none) those of the outputs.

        Jᵀ u is linear in u, and the transpose of that map is J. So one recorded `pull` of any u
        leaves a graph whose reverse sweep takes v to J v.
        """
        if self.transposed is None:
            self.transposed = self._transpose()
        roots, nodes, only = self.transposed
        found = _sweep(roots, vs, set(nodes), only, graph, True)
        return [_box(found.get(n), a) for n, a in zip(nodes, self.arrays, strict=True)]

    def _transpose(self) -> tuple[list[Any], list[Any], set[Any]]:
        with recorded():
            places = zip(self.roots, self.arrays, strict=True)
            us = [None if root is None else _ones(array) for root, array in places]
            pulled = [g.node for g in self.pull(us, True)]
        nodes = [None if u is None else u.node for u in us]
        only = Reach(pulled, {n for n in nodes if n is not None}).useful()
        return pulled, nodes, only


def _check(leaves: list[Any], out: Any, caller: str) -> None:
    if not leaves:
        raise TypeError(f"{caller}: the function returned {out!r}, wanted a Tensor")
    for path, leaf in zip(tree.paths(out), leaves, strict=True):
        if not isinstance(leaf, Box):
            what = f"a {type(leaf).__name__}" + (path and f" at {path}")
            raise TypeError(f"{caller}: the function returned {what}, wanted a Tensor")


def _ones(like: Any) -> Any:
    """A variable of ones."""
    data = backends.kernels.ones_like(like)
    return Box.make(data, variable(data))


def _sweep(roots: Any, gs: Any, stops: Any, only: Any, graph: bool, retain: bool) -> dict[Any, Any]:
    """What arrives at the stops when these gradients set out from the roots."""
    found: dict[Any, Any] = {}

    def arrive(node: Any, g: Any) -> bool:
        found[node] = g
        return True  # what lies beyond is not ours

    pairs = [(r, g) for r, g in zip(roots, gs, strict=True) if r is not None and g is not None]
    if graph:
        with recorded():
            sweep(pairs, arrive, only=only, stops=stops, retain=retain, graph=True)
    else:
        pairs = [(r, g.data) for r, g in pairs]
        sweep(pairs, arrive, only=only, stops=stops, retain=retain)
    return found


def _box(g: Any, like: Any) -> Any:
    """A gradient as a Tensor; zeros for none."""
    if g is None:
        return Box.make(backends.namespace(like).zeros_like(like), None)
    return g if isinstance(g, Box) else Box.make(g, None)
