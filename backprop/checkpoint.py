"""checkpoint: less memory for more time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from . import tree
from .autodiff import sweep
from .defaults import (
    default_generator,
    device,
    get_default_device,
    get_default_dtype,
    set_default_dtype,
)
from .function import Call
from .graph import Box, Item, Leaf, Node, enable_grad, mode, new_seq, node_of
from .rules import identity
from .transforms.arguments import is_number, variable
from .transforms.reach import Reach


def checkpoint(f: Callable[..., Any], *xs: Any, **kwargs: Any) -> Any:
    """f(*xs, **kwargs), keeping nothing of what it computes on the way: a backward pass runs f
    once more to have that again.

    A chain of n layers keeps the values of all n for its backward pass. In √n segments of √n
    layers, each through `checkpoint`, it keeps the √n values between the segments, and during the
    backward pass those inside one segment: twice √n instead of n, for one more forward pass.
    Checkpoints inside of checkpoints, halving each time, keep about log n values in log n passes.

    Args:
        f: any function, of Tensors or trees of them and of anything else, whose result is a tree
            of Tensors and of anything else. It may use other variables too, such as the
            parameters of the modules it calls: they get their gradients. It runs twice, so it
            must do the same twice and nothing beside: a layer that counts its calls counts two.
            (What it draws from the default generator is the same in both.)
        xs, kwargs: its arguments. What it assigns to parts of them, x[i] = v, is not seen outside.

    Returns:
        f's result. Derivatives of every order are right; a graph made by `create_graph=True`, or
        by transformations inside others, keeps what the second run computed.

    Raises:
        RuntimeError: in the backward pass, if the second run is not like the first.

    Source: T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training deep nets with sublinear memory cost"
    (2016).

    >>> import backprop as bp
    >>> layers = bp.nn.Sequential(bp.nn.Linear(3, 3), bp.nn.Tanh(), bp.nn.Linear(3, 1))
    >>> x = bp.asarray([[1.0, 2.0, 3.0]])
    >>> bp.checkpoint(layers, x).sum().backward()
    >>> layers[0].weight.grad.shape
    (3, 3)
    """
    if not callable(f):
        raise TypeError(f"f: got a {type(f).__name__}, wanted a function")
    if not mode.recording:
        return f(*xs, **kwargs)
    run, start = _Run(f, (xs, kwargs)), new_seq()
    given = [x.node for x in tree.flatten((xs, kwargs))[0] if isinstance(x, Box)]
    nodes = run.variables(given)
    leaves, structure = tree.flatten(run(nodes))
    run.draws = default_generator().get_state() != run.state
    for path, leaf in zip(tree.paths(structure), leaves, strict=True):
        if not isinstance(leaf, (Box, str)) and not is_number(leaf):
            what = f"a {type(leaf).__name__}" + (path and f" at {path}")
            raise TypeError(
                f"checkpoint: the function returned {what}, wanted Tensors and numbers in lists, "
                "tuples and dicts"
            )
    tracked = [i for i, o in enumerate(leaves) if isinstance(o, Box) and o.node is not None]
    if tracked:
        reach = Reach([leaves[i].node for i in tracked], set(nodes), start)
        outer = sorted(reach.outer, key=lambda n: n.seq)
        like = leaves[tracked[0]].data
        segment = _Segment(tracked)
        node = node_of(segment, [*given, *outer], (run, given, outer), {}, like)
        for k, i in enumerate(tracked):
            leaves[i] = Box.make(leaves[i].data, Item(node, k, leaves[i].data))
    return tree.unflatten(structure, leaves)


class _Run:
    """How a function was called, and under which circumstances, so that it can be called again."""

    def __init__(self, f: Callable[..., Any], args: Any) -> None:
        leaves, self.structure = tree.flatten(args)
        self.f, self.seq = f, new_seq()
        self.places = [i for i, x in enumerate(leaves) if isinstance(x, Box)]
        self.leaves = [x.data if isinstance(x, Box) else x for x in leaves]
        self.state = default_generator().get_state()
        self.device, self.dtype = get_default_device(), get_default_dtype()
        self.draws = True  # whether the function draws random numbers

    def __call__(self, nodes: list[Any]) -> Any:
        """f's result, with these nodes for its Tensors."""
        leaves = list(self.leaves)
        for i, node in zip(self.places, nodes, strict=True):
            leaves[i] = Box.make(leaves[i], node)
        xs, kwargs = tree.unflatten(self.structure, leaves)
        return self.f(*xs, **kwargs)

    def variables(self, given: list[Any]) -> list[Any]:
        """Fresh variables' nodes for those of its Tensors that have a node."""
        arrays = [self.leaves[i] for i in self.places]
        return [n and variable(a) for n, a in zip(given, arrays, strict=True)]

    def linked(self, given: list[Any]) -> list[Any]:
        """The same, each leading on to the node it stands for."""
        pairs = zip([self.leaves[i] for i in self.places], given, strict=True)
        return [n and identity(Box.make(a, n)).node for a, n in pairs]

    @contextmanager
    def circumstances(self) -> Iterator[None]:
        """Those of the first run: random stream, default device and dtype."""
        generator = default_generator()
        state, dtype = generator.get_state(), get_default_dtype()
        try:
            if self.draws:  # other threads may be drawing from it: leave it alone if not
                generator.set_state(self.state)
            set_default_dtype(self.dtype)
            with device(self.device):
                yield
        finally:
            set_default_dtype(dtype)
            if self.draws:
                generator.set_state(state)


class _Segment(Call):
    """Stands in for a primitive in the node of one checkpointed call. The node saves the run, the
    nodes of its arguments, and those that f started from beside them.

    Args:
        tracked: which leaves of the result have a derivative.
    """

    name = "checkpoint"

    def __init__(self, tracked: list[int]) -> None:
        self.tracked, self.outputs = tracked, len(tracked)

    def arrays(self, node: Node) -> list[Any]:
        run = (node.saved or (None,))[0]
        return [run.leaves[i] for i in run.places] if run is not None else []

    def boxed(self, node: Node) -> tuple[Any, ...]:
        return (*(node.saved or ()), True)

    def joint(self, g: list[Any], saved: tuple[Any, ...], static: Any) -> tuple[Any, ...]:
        """Run f again, now recorded, and sweep back through that to where it started."""
        (run, given, outer), recorded, start = saved[:3], len(saved) > 3, new_seq()
        for node in outer:
            if type(node) is Leaf and node.changed > run.seq:
                raise RuntimeError(
                    f"backward: the variable of shape {tuple(node.shape)} was changed in place "
                    "after checkpoint used it, so that running the function again would give "
                    "something else; run the forward pass again after the change"
                )
        with enable_grad(), run.circumstances():
            nodes = run.linked(given) if recorded else run.variables(given)
            leaves, _ = tree.flatten(run(nodes))
        roots = [getattr(leaves[i], "node", None) for i in self.tracked if i < len(leaves)]
        stops = {*nodes, *outer}
        if (
            len(roots) < len(self.tracked)
            or None in roots
            or not (Reach(roots, stops, start).outer <= stops)
        ):
            raise RuntimeError(
                "checkpoint: the function did not do the same when it ran again for the backward "
                "pass: it returned something else, or used other variables"
            )
        found: dict[Any, Any] = {}

        def arrive(node: Any, gradient: Any) -> bool:
            found[node] = gradient
            return True  # what lies beyond is the enclosing sweep's

        seeds = [(root, x) for root, x in zip(roots, g, strict=True) if x is not None]
        with enable_grad() if recorded else nullcontext():
            sweep(seeds, arrive, stops=stops, retain=recorded, graph=recorded)
        return tuple([found.get(n) for n in (*nodes, *outer)])
