"""Trees: lists, tuples, named tuples and dicts, nested as one likes, with arrays as leaves.

A network's parameters are such a tree. The transformations (`grad`, `vjp`, `jacobian`, ...) take
and return them, and `map` here does something to every leaf:

    >>> import backprop as bp
    >>> params = {"w": bp.asarray([1.0, 2.0]), "b": [bp.asarray(3.0), None]}
    >>> slopes = bp.grad(lambda p: (p["w"] * p["w"]).sum() + p["b"][0])(params)
    >>> bp.tree.map(lambda p, g: (p - 0.5 * g).tolist(), params, slopes)
    {'w': [0.0, 0.0], 'b': [2.5, None]}

None is a tree without leaves. Everything that is neither it nor one of the four containers is a
leaf. The children of a dict are in the order of its insertion; of two dicts that are to match, the
keys must be the same, in whatever order.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["flatten", "map", "map_with_path", "paths", "unflatten"]


class _Leaf:
    """Stands where a leaf was in a structure."""

    def __repr__(self) -> str:
        return "*"


LEAF = _Leaf()


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """(the leaves from left to right, the structure: the same tree with marks for leaves).

    >>> flatten({"w": 1.0, "rest": (2.0, None, [3.0])})
    ([1.0, 2.0, 3.0], {'w': *, 'rest': (*, None, [*])})
    """
    leaves: list[Any] = []

    def take(leaf: Any) -> Any:
        leaves.append(leaf)
        return LEAF

    return leaves, map(take, tree)


def unflatten(structure: Any, leaves: Iterable[Any]) -> Any:
    """The tree of this structure with these leaves: the inverse of `flatten`.

    Args:
        structure: what `flatten` gave, or any tree, whose leaves are then replaced.
        leaves: as many as it has.

    >>> unflatten({"w": 0, "rest": (0, None)}, ["a", "b"])
    {'w': 'a', 'rest': ('b', None)}
    """
    rest = iter(leaves)
    end = object()

    def place(_: Any) -> Any:
        leaf = next(rest, end)
        if leaf is end:
            raise ValueError("unflatten: fewer leaves than the structure has places")
        return leaf

    out = map(place, structure)
    if next(rest, end) is not end:
        raise ValueError("unflatten: more leaves than the structure has places")
    return out


def map(f: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree of f(leaf, the other trees' leaves in the same place, ...).

    Args:
        f: a function of as many arguments as there are trees.
        tree: gives the structure of the result, and the order of the keys of dicts.
        others: trees of the same structure.

    Raises:
        ValueError: the structures differ; the message names the place.

    >>> map(lambda x, y: x + y, {"a": 1, "b": (2, 3)}, {"b": (20, 30), "a": 10})
    {'a': 11, 'b': (22, 33)}
    """
    if others:
        columns = [align(tree, other, f"tree {i}") for i, other in enumerate(others, 1)]
        rows = zip(*columns, strict=True)
        return map(lambda leaf: f(leaf, *next(rows)), tree)
    kids = children(tree)
    return f(tree) if kids is None else _rebuild(tree, [map(f, kid) for _, kid in kids])


def map_with_path(f: Callable[[str, Any], Any], tree: Any) -> Any:
    """The tree of f(path, leaf), where the path reads as Python would: "['layers'][2].weight".

    >>> map_with_path(lambda path, leaf: f"{path} = {leaf}", {"a": [1, 2]})
    {'a': ["['a'][0] = 1", "['a'][1] = 2"]}
    """
    names = iter(paths(tree))
    return map(lambda leaf: f(next(names), leaf), tree)


def paths(tree: Any) -> list[str]:
    """The path of every leaf.

    >>> paths({"a": [1, 2], "b": 3})
    ["['a'][0]", "['a'][1]", "['b']"]
    """
    kids = children(tree)
    if kids is None:
        return [""]
    return [key + path for key, kid in kids for path in paths(kid)]


def children(tree: Any) -> list[tuple[str, Any]] | None:
    """(key as written in a path, child) of each child; None for a leaf."""
    if isinstance(tree, dict):
        return [(f"[{key!r}]", child) for key, child in tree.items()]
    if isinstance(tree, (list, tuple)):
        names = getattr(tree, "_fields", None)
        if names is not None:
            return [(f".{name}", child) for name, child in zip(names, tree, strict=True)]
        return [(f"[{i}]", child) for i, child in enumerate(tree)]
    return [] if tree is None else None


def _rebuild(tree: Any, kids: list[Any]) -> Any:
    if tree is None:
        return None
    if isinstance(tree, dict):
        if type(tree) is dict:
            return dict(zip(tree, kids, strict=True))
        out = copy.copy(tree)  # an OrderedDict or defaultdict stays one
        out.update(zip(tree, kids, strict=True))
        return out
    return type(tree)(*kids) if hasattr(tree, "_fields") else type(tree)(kids)


def align(structure: Any, tree: Any, what: str, none: bool = False) -> list[Any]:
    """The leaves of a tree, in the order of another one of the same structure.

    Args:
        structure: the tree that gives the order.
        tree: the one to take leaves from.
        what: what it is called in errors.
        none: whether None may stand for a leaf.
    """
    kids = children(structure)
    if kids is None:
        if children(tree) is None or (none and tree is None):
            return [tree]
        raise ValueError(f"{what}: got a {type(tree).__name__}, wanted a single leaf")
    if structure is None:
        if tree is None:
            return []
        raise ValueError(f"{what}: got a {type(tree).__name__}, wanted None")
    if not isinstance(tree, dict if isinstance(structure, dict) else (list, tuple)):
        raise ValueError(
            f"{what}: got a {type(tree).__name__}, wanted a {type(structure).__name__}"
        )
    if isinstance(structure, dict) and isinstance(tree, dict):
        if structure.keys() != tree.keys():
            raise ValueError(f"{what}: got the keys {list(tree)}, wanted {list(structure)}")
        parts = [tree[key] for key in structure]
    else:
        if len(tree) != len(structure):
            raise ValueError(f"{what}: got {len(tree)} items, wanted {len(structure)}")
        parts = list(tree)
    return [
        leaf
        for (key, kid), part in zip(kids, parts, strict=True)
        for leaf in align(kid, part, what + key, none)
    ]
