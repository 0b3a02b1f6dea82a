"""Einstein's summation: products of arrays whose axes have letters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from .. import rules
from ..tensor import Tensor
from ._check import tensor

__all__ = ["einsum"]

Shape = tuple[int, ...]
_HIDDEN = [chr(ord("α") + i) for i in range(64)]
"""The letters of the axes that "..." stands for, the last axis first."""


def einsum(subscripts: str, /, *operands: Tensor) -> Tensor:
    """Products of tensors summed over axes, which are named by letters (NumPy's einsum).

    `subscripts` gives each operand's axes a letter, "ij,jk->ik" for a product of matrices. The
    result has an element for each value of the letters after the arrow, the sum of the operands'
    product over all values of the others:

        out[i, k] = sum over j of x[i, j] y[j, k]

    A letter twice in one operand takes its diagonal ("ii->i"; "ii->" is the trace). "..." stands
    for any further axes, which broadcast; an axis of length 1 broadcasts too. Without an arrow
    the result has what "..." stands for, then the letters that occur once, in alphabetical order.

    Two operands make one product of matrices. More are taken pair by pair, each time the pair
    whose product is smallest beside the two it replaces.

    >>> import backprop as bp
    >>> x = bp.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> bp.einsum("ij,jk->ik", x, x)
    tensor([[ 7., 10.],
            [15., 22.]])
    >>> bp.einsum("ii->i", x)
    tensor([1., 4.])
    """
    if not isinstance(subscripts, str):
        raise TypeError(
            f"einsum: subscripts is a {type(subscripts).__name__}, wanted a string such as "
            "'ij,jk->ik'"
        )
    terms = []
    for i, x in enumerate(operands):
        x = tensor(x, "einsum", f"operand {i}")
        if x.dtype.kind == "b":
            raise TypeError(f"einsum: operand {i} is bool, wanted numbers")
        terms.append(x)
    plan = _plan(subscripts, tuple(x.shape for x in terms))
    terms = [_prepared(x, *how) for x, how in zip(terms, plan.operands, strict=True)]
    for i, j, left, right, result in plan.pairs:
        y, x = terms.pop(j), terms.pop(i)
        terms.append(rules.contract(x, y, left=left, right=right, result=result))
    return terms[0] if plan.last is None else rules.permute_dims(terms[0], axes=plan.last)


def _prepared(x: Tensor, diagonals: Any, shape: Shape | None, summed: Shape) -> Tensor:
    """An operand with each letter once, without the axes that only broadcast or are only summed."""
    for axes in diagonals:
        x = rules.diagonal(rules.permute_dims(x, axes=axes), offset=0)
    if shape is not None:
        x = rules.reshape(x, shape=shape)
    if not summed:
        return x
    dtype = x.dtype
    return rules.sum(x, axis=summed, keepdims=False).astype(dtype)  # sums widen integers


class _Plan(NamedTuple):
    """What to do with operands of these shapes, in order."""

    operands: list[tuple[list[Shape], Shape | None, Shape]]  # for each what _prepared needs
    pairs: list[tuple[int, int, str, str, str]]  # two places, their letters, their product's
    last: Shape | None  # a single operand's axes


@lru_cache(maxsize=1024)
def _plan(subscripts: str, shapes: tuple[Shape, ...]) -> _Plan:
    terms, result = _letters(subscripts, shapes)
    lengths = _lengths(terms, shapes)
    single = [_single(t, s, lengths) for t, s in zip(terms, shapes, strict=True)]
    terms, operands = [t for t, _, _ in single], []
    for i, (term, diagonals, shape) in enumerate(single):
        needed = set(result).union(*terms[:i], *terms[i + 1 :])
        operands.append((diagonals, shape, tuple(k for k, a in enumerate(term) if a not in needed)))
        terms[i] = "".join(a for a in term if a in needed)
    last = tuple(terms[0].index(a) for a in result) if len(terms) == 1 else None
    return _Plan(operands, _pairs(terms, result, lengths), last)


def _single(
    term: str, shape: Shape, lengths: dict[str, int]
) -> tuple[str, list[Shape], Shape | None]:
    """An operand's letters when each stands once and those that only broadcast are gone; and how
    that is done: for each diagonal the order of axes that brings it last, and the shape at last."""
    sizes, diagonals = list(shape), []
    while repeated := [a for a, times in Counter(term).items() if times > 1]:
        p = term.index(repeated[0])
        q = term.index(repeated[0], p + 1)
        rest = [k for k in range(len(term)) if k not in (p, q)]
        diagonals.append((*rest, p, q))
        term = "".join(term[k] for k in (*rest, p))
        sizes = [sizes[k] for k in (*rest, p)]
    kept = [k for k, a in enumerate(term) if sizes[k] == lengths[a]]
    reshaped = tuple(sizes[k] for k in kept) if len(kept) < len(term) else None
    return "".join(term[k] for k in kept), diagonals, reshaped


def _pairs(
    terms: list[str], result: str, lengths: dict[str, int]
) -> list[tuple[int, int, str, str, str]]:
    """Which two operands to contract next, until one is left; each product is put last."""

    def size(letters: str) -> int:
        return math.prod(lengths[a] for a in letters)

    steps = []
    while len(terms) > 1:
        candidates = []
        for j, y in enumerate(terms):
            for i, x in enumerate(terms[:j]):
                needed = set(result).union(*terms[:i], *terms[i + 1 : j], *terms[j + 1 :])
                out = "".join(a for a in dict.fromkeys(x + y) if a in needed)
                growth = size(out) - size(x) - size(y)
                candidates.append((growth, size("".join(set(x + y))), i, j, out))
        _, _, i, j, out = min(candidates)
        out = result if len(terms) == 2 else out
        steps.append((i, j, terms[i], terms[j], out))
        terms = [t for k, t in enumerate(terms) if k not in (i, j)] + [out]
    return steps


# ------------------------------------------------------------------ reading the subscripts


def _letters(subscripts: str, shapes: Sequence[Shape]) -> tuple[list[str], str]:
    """A letter for each axis of each operand, and of the result."""
    text = subscripts.replace(" ", "")
    given, arrow, result = text.partition("->")
    terms = given.split(",")
    for part in (*terms, result):
        for a in part.replace("...", "", 1):
            if not (a.isascii() and a.isalpha()):
                raise ValueError(
                    f"einsum: subscripts: got {a!r} in {subscripts!r}, wanted letters, commas, "
                    "one '->' and at most one '...' for each operand"
                )
    if len(terms) != len(shapes):
        raise ValueError(
            f"einsum: {subscripts!r} is for {len(terms)} operands, but {len(shapes)} were given"
        )
    further = 0  # how many axes "..." stands for
    for i, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        named = len(term.replace("...", ""))
        if named > len(shape) or (named < len(shape) and "..." not in term):
            raise ValueError(
                f"einsum: operand {i} has shape {shape}, but {term!r} is for {named} axes"
                + " or more" * ("..." in term)
            )
        further = max(further, len(shape) - named)
        terms[i] = term.replace("...", _hidden(len(shape) - named))
    if not arrow:
        counts = Counter("".join(terms))
        once = sorted(a for a, times in counts.items() if times == 1 and a not in _HIDDEN)
        return terms, _hidden(further) + "".join(once)
    if further and "..." not in result:
        raise ValueError(
            f"einsum: subscripts: got {subscripts!r}, where '...' stands for {further} axes of "
            "an operand; write it after '->' too, or sum over those axes first"
        )
    for a, times in Counter(result.replace("...", "")).items():
        if times > 1:
            raise ValueError(f"einsum: index {a!r} stands {times} times after '->', wanted once")
        if not any(a in term for term in terms):
            raise ValueError(f"einsum: index {a!r} stands after '->' but in no operand")
    return terms, result.replace("...", _hidden(further))


def _hidden(n: int) -> str:
    return "".join(reversed(_HIDDEN[:n]))


def _lengths(terms: list[str], shapes: Sequence[Shape]) -> dict[str, int]:
    """How long each letter is; an axis of length 1 broadcasts beside longer ones."""
    lengths: dict[str, int] = {}
    first: dict[str, int] = {}
    for i, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        own: dict[str, int] = {}
        for a, n in zip(term, shape, strict=True):
            if own.setdefault(a, n) != n:
                raise ValueError(
                    f"einsum: operand {i} of shape {shape}: index {a!r} is {own[a]} long in one "
                    f"place and {n} in another"
                )
        for a, n in own.items():
            if lengths.get(a, 1) == 1:
                lengths[a], first[a] = n, i
            elif n not in (1, lengths[a]):
                name = f"index {a!r}" if a not in _HIDDEN else "an axis of '...'"
                raise ValueError(
                    f"einsum: {name} is {lengths[a]} long in operand {first[a]} of shape "
                    f"{shapes[first[a]]} and {n} in operand {i} of shape {shape}"
                )
    return lengths
