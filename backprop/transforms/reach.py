"""What a graph says about a function: which nodes lead to its variables, and to anything else."""

from __future__ import annotations

from math import inf
from threading import Lock
from typing import Any
from weakref import WeakSet

from ..graph import Leaf

Nodes = set[Any]

_lock = Lock()
_finished: WeakSet[Any] = WeakSet()
"""Runs of functions of which nothing but their own variables can want a derivative any more."""


class Reach:
    """The part of a graph that was recorded since some nodes, the stops, were made.

    Nothing older can depend on a stop, so the walk ends there.

    Args:
        roots: where to start; None among them does not count.
        stops: where to end.
        start: what is older than this is not part of it; by default the oldest stop's `seq`.

    Attributes:
        nodes: the nodes recorded since that the roots depend on.
        outer: what they depend on beside the stops: leaves, and nodes recorded before.
        beyond: whether any of those might want a derivative.
    """

    def __init__(self, roots: list[Any], stops: Nodes, start: float | None = None) -> None:
        if start is None:
            start = min([n.seq for n in stops], default=inf)
        self.stops = stops
        self.outer: Nodes = set()
        self.nodes: Nodes = {r for r in roots if r is not None}
        stack = list(self.nodes)
        while stack:
            node = stack.pop()
            if node in stops:
                continue
            if type(node) is Leaf or node.seq < start:
                self.outer.add(node)
                continue
            for parent in node.parents:
                if parent is not None and parent not in self.nodes:
                    self.nodes.add(parent)
                    stack.append(parent)
        self.nodes -= self.outer
        self.beyond = bool(self.outer) and not all(map(_is_finished, self.outer))

    def useful(self) -> Nodes:
        """The nodes on a path from the roots to the stops."""
        found = set(self.stops)
        for node in sorted(self.nodes, key=lambda n: n.seq):
            # A freed node no longer knows what it depends on: the sweep is to find it and say so.
            if node.saved is None or any(p in found for p in node.parents):
                found.add(node)
        return found

    def finish(self) -> None:
        """Declare that the run is over: from now on only a sweep to the stops will come by."""
        if not self.beyond:
            with _lock:
                _finished.add(self)


def _is_finished(node: Any) -> bool:
    with _lock:
        return type(node) is not Leaf and any(node in run.nodes for run in _finished)
