"""Rules: how a primitive's row of derivatives is written down and called."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from backends.dispatch import parameters

OUT, SHAPES = 0, 1
"""Where the output and the inputs' shapes stand in what a node may save; the inputs follow."""

Rule = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]


def vjp(primitive: Any, *rules: Callable[..., Any] | None, conjugates: bool = False) -> None:
    """Give a primitive its row: for each input, the rule that turns the gradient of the output
    into the gradient of that input (a vector-Jacobian product), or None.

    A rule's parameters say what it needs: first the output's gradient, then by name any of the
    primitive's inputs, `out`, `shapes` (of all inputs) and the static arguments. What no rule of
    the row names is not kept. The formula runs on bare arrays for a first derivative and on
    Tensors when the derivative is itself to be differentiated, so it may use operators and
    primitives only.

        vjp(tanh, lambda g, out: g * (1 - out * out))
        vjp(multiply, lambda g, y: g * y, lambda g, x: g * x)

    A result may have the broadcast shape: the sweep sums it to the input's. It may be complex
    where the input is real: the sweep takes the real part.

    Rules are written as for real numbers. Where the output is complex the sweep applies them as
    conj(rule(conj(g))), which is PyTorch's convention (the gradient of a real L is
    dL/dRe + i dL/dIm) for every holomorphic function. A primitive that is not one, such as
    |z|, has rules that conjugate by themselves, and says so by `conjugates`.
    """
    _keep(primitive, [r.rule if isinstance(r, Into) else r for r in rules])
    primitive.rules = tuple(r and _bind(r, primitive) for r in rules)
    primitive.textbook = not conjugates and any(places - {SHAPES} for places in primitive.named)


class Into:
    """A rule that can also write its result where the gradient belongs, saving a copy.

    `write` has the parameters of `rule`, and last `out`, the array to overwrite.
    """

    def __init__(self, rule: Callable[..., Any], write: Callable[..., Any]) -> None:
        self.rule, self.write = rule, write

    def __call__(self, g: Any, saved: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return self.rule(g, saved, static)


def vjp_joint(primitive: Any, rule: Callable[..., Any]) -> None:
    """Give a primitive one rule that returns the gradients of all its inputs as a tuple.

    It conjugates complex values by itself where that is due (see `vjp`). Of several outputs, `g`
    is the list of their gradients, None for one that has none.
    """
    _keep(primitive, (rule,))
    primitive.joint = _bind(rule, primitive)
    primitive.rules = ()


def _names(rule: Callable[..., Any]) -> list[str]:
    return list(parameters(rule))[1:]


def _places(names: list[str], primitive: Any) -> list[int]:
    at = {"out": OUT, "shapes": SHAPES, **{n: i + 2 for i, n in enumerate(primitive.inputs)}}
    return [at[n] for n in names if n in at]


def _keep(primitive: Any, rules: Any) -> None:
    primitive.named = [set(_places(_names(r), primitive)) if r else set() for r in rules]
    primitive.kept = tuple(sorted(set().union(*primitive.named)))
    primitive.shaped = SHAPES in primitive.kept


def _bind(rule: Callable[..., Any], primitive: Any) -> Rule:
    """The rule as a function of (g, saved, static), whatever subset of them it asks for."""
    if isinstance(rule, Into):
        get = getter([primitive.kept.index(i) for i in _places(_names(rule.rule), primitive)])
        write = rule.write
        return Into(_bind(rule.rule, primitive), lambda g, saved, out: write(g, *get(saved), out))
    names = _names(rule)
    known = {"out", "shapes", *primitive.inputs}
    statics = [n for n in names if n not in known]
    arrays = [n for n in names if n in known]
    if names != arrays + statics:
        raise TypeError(f"{primitive.name}: a rule names its arrays before its static arguments")
    pick = [primitive.kept.index(i) for i in _places(names, primitive)]
    if statics:
        get = getter(pick)
        return lambda g, saved, static: rule(g, *get(saved), *[static[n] for n in statics])
    if not pick:
        return lambda g, saved, static: rule(g)
    if len(pick) == 1:
        (i,) = pick
        return lambda g, saved, static: rule(g, saved[i])
    get = itemgetter(*pick)
    return lambda g, saved, static: rule(g, *get(saved))


def _nothing(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return ()


def getter(places: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """A function that picks these places of a tuple, as a tuple."""
    if not places:
        return _nothing
    if len(places) == 1:
        (i,) = places
        return lambda values: (values[i],)
    return itemgetter(*places)
