"""Trees of lists, tuples, named tuples and dicts."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any, NamedTuple

import pytest

import backprop as bp
from backprop.tree import align


class Layer(NamedTuple):
    weight: Any
    bias: Any


NESTED = {"b": [1, (2, None)], "a": Layer(3, {"x": 4})}


def test_flatten_and_unflatten() -> None:
    leaves, structure = bp.tree.flatten(NESTED)
    assert leaves == [1, 2, 3, 4]
    assert repr(structure) == "{'b': [*, (*, None)], 'a': Layer(weight=*, bias={'x': *})}"
    again = bp.tree.unflatten(structure, leaves)
    assert again == NESTED
    assert isinstance(again["a"], Layer)
    assert list(again) == ["b", "a"]  # in the order of insertion
    assert bp.tree.unflatten(NESTED, "wxyz") == {"b": ["w", ("x", None)], "a": ("y", {"x": "z"})}


@pytest.mark.parametrize("leaf", [3.0, "text", bp.asarray([1.0, 2.0]), len, {1, 2}, range(3)])
def test_a_leaf_is_a_tree(leaf: Any) -> None:
    leaves, structure = bp.tree.flatten(leaf)
    assert leaves[0] is leaf
    assert len(leaves) == 1
    assert bp.tree.unflatten(structure, leaves) is leaf
    assert bp.tree.paths(leaf) == [""]


@pytest.mark.parametrize("empty", [None, [], (), {}, [None, {"a": ()}]])
def test_trees_without_leaves(empty: Any) -> None:
    leaves, structure = bp.tree.flatten(empty)
    assert leaves == []
    assert bp.tree.unflatten(structure, leaves) == empty
    assert bp.tree.paths(empty) == []


def test_unflatten_counts() -> None:
    with pytest.raises(ValueError, match="fewer leaves"):
        bp.tree.unflatten([0, 0], [1])
    with pytest.raises(ValueError, match="more leaves"):
        bp.tree.unflatten([0, 0], [1, 2, 3])


def test_kinds_of_dicts_stay() -> None:
    ordered = bp.tree.map(lambda x: x + 1, OrderedDict(z=1, a=2))
    assert ordered == OrderedDict(z=2, a=3)
    assert isinstance(ordered, OrderedDict)
    given = defaultdict(list, k=1)
    made = bp.tree.map(lambda x: x + 1, given)
    assert (made, made["other"], given["k"]) == ({"k": 2, "other": []}, [], 1)


def test_map_over_several() -> None:
    got = bp.tree.map(lambda x, y, z: x + y * z, {"a": 1, "b": (2,)}, {"b": (3,), "a": 4}, NESTEDLY)
    assert got == {"a": 21, "b": (20,)}
    assert list(got) == ["a", "b"]
    assert bp.tree.map(lambda x, y: x + y, [1, (2,)], (10, [20])) == [11, (22,)]


NESTEDLY = {"a": 5, "b": (6,)}


def test_map_with_path() -> None:
    got = bp.tree.map_with_path(lambda path, leaf: (path, leaf), NESTED)
    assert bp.tree.flatten(got)[0] == [
        "['b'][0]", 1, "['b'][1][0]", 2, "['a'].weight", 3, "['a'].bias['x']", 4,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tree", "other", "said"),
    [
        ({"a": 1}, {"b": 1}, r"t: got the keys \['b'\], wanted \['a'\]"),
        ({"a": [1, 2]}, {"a": [1]}, r"t\['a'\]: got 1 items, wanted 2"),
        ([1, {"k": 2}], [1, (2,)], r"t\[1\]: got a tuple, wanted a dict"),
        ([1, 2], {"a": 1, "b": 2}, r"t: got a dict, wanted a list"),
        (Layer(1, 2), 3, "t: got a int, wanted a Layer"),
        ([1], [[1]], r"t\[0\]: got a list, wanted a single leaf"),
        ([1], [None], r"t\[0\]: got a NoneType, wanted a single leaf"),
        ([None], [1], r"t\[0\]: got a int, wanted None"),
    ],
)
def test_structures_that_differ(tree: Any, other: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        align(tree, other, "t")
    with pytest.raises(ValueError, match="tree 1"):
        bp.tree.map(lambda x, y: x, tree, other)


def test_lists_and_tuples_match() -> None:
    assert align([1, Layer(2, 3)], (4, [5, 6]), "t") == [4, 5, 6]
    assert align([1, (2, 3)], [None, (5, None)], "t", none=True) == [None, 5, None]


def test_a_step_of_gradient_descent() -> None:
    params = [{"w": bp.asarray([2.0, 4.0]), "b": bp.asarray(1.0)}, None]
    slopes = bp.grad(lambda p: (p[0]["w"] * p[0]["w"]).sum() + p[0]["b"] * 3.0)(params)
    stepped = bp.tree.map(lambda p, g: p - 0.5 * g, params, slopes)
    assert bp.tree.map(lambda x: x.tolist(), stepped) == [{"w": [0.0, 0.0], "b": -0.5}, None]
