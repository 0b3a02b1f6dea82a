"""What a record is: one primitive's samples, and what it should agree with."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import rules


@dataclass(frozen=True, eq=False)
class Sample:
    """One call: floating-point arrays (complex too) are differentiated, other arrays and Python
    numbers are not."""

    args: tuple[Any, ...]
    static: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        parts = [str(a.shape) if isinstance(a, np.ndarray) else repr(a) for a in self.args]
        return ",".join(parts + [f"{k}={short(v)}" for k, v in self.static.items()])


@dataclass(frozen=True)
class Record:
    """A primitive's samples, and functions of NumPy and of PyTorch that should agree with it.

    `name` is a primitive of `backprop.rules`, or a public function: "bp.std", "bp.linalg.norm".
    `kinks` are samples where finite differences say nothing, so only PyTorch is asked.
    `order`: up to which derivative finite differences are asked (2, unless there is a reason).
    `around`: turns the function into the one that is tested, where a result of its own is defined
    only up to a choice (an eigenvector's sign) or it reads only a part of its input.
    """

    name: str
    reference: Callable[..., Any]
    samples: list[Sample]
    torch: Callable[..., Any] | None = None
    kinks: list[Sample] = field(default_factory=list)
    differentiable: bool = True
    order: int = 2
    around: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None

    @property
    def function(self) -> Callable[..., Any]:
        """What is tested."""
        return self.named if self.around is None else self.around(self.named)

    @property
    def named(self) -> Callable[..., Any]:
        """What the name stands for."""
        if not self.name.startswith("bp."):
            return getattr(rules, self.name)
        return attrgetter(self.name.removeprefix("bp."))(bp)


def short(value: Any) -> str:
    return f"array{value.shape}" if isinstance(value, np.ndarray) else str(value).replace(" ", "")


def values(name: str, shape: tuple[int, ...], domain: str) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(f"{name}{shape}{domain}".encode()))
    if domain == "any":
        return rng.uniform(-2.0, 2.0, shape)
    if domain == "not0":  # away from a kink or a pole at 0
        return np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape))
    if domain == "positive":
        return rng.uniform(0.3, 2.5, shape)
    if domain == "unit":  # inside -1 .. 1
        return rng.uniform(-0.9, 0.9, shape)
    if domain == "above1":
        return rng.uniform(1.2, 3.0, shape)
    if domain == "complex":
        return np.asarray(rng.uniform(-2.0, 2.0, shape) + 1j * rng.uniform(-2.0, 2.0, shape))
    if domain == "probability":
        return rng.uniform(0.1, 0.9, shape)
    assert domain == "distinct"  # no two equal, none closer than 0.1
    return np.asarray(rng.permutation(math.prod(shape)).reshape(shape) * 0.1 - 0.4)


SHAPES: list[tuple[int, ...]] = [(), (1,), (0,), (4,), (2, 3), (2, 1, 3), (0, 3)]
PAIRS: list[tuple[Any, Any]] = [
    ((), ()), ((1,), (1,)), ((0,), (1,)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)),
    ((2, 1), (1, 3)), ((), (2, 3)), ((2, 1, 3), (4, 1)), ((0, 3), (3,)), ((1, 0), (2, 1)),
]  # fmt: skip
"""Shapes that broadcast, each in both roles."""


def unary(name: str, reference: Any, domain: str = "any", torch: Any = None, kinks: Any = (),
          differentiable: bool = True, **static: Any) -> Record:  # fmt: skip
    samples = [Sample((values(name, s, domain),), static) for s in SHAPES]
    corners = [Sample((np.array(k),), static) for k in kinks]
    return Record(name, reference, samples, torch, corners, differentiable)


def complexes(name: str, domain: str = "complex") -> list[Sample]:
    """One complex argument, in a few shapes."""
    return [Sample((values(name, s, domain),)) for s in [(), (4,), (2, 3), (0,)]]


def holomorphic(name: str, reference: Any, domain: str, torch: Any, kinks: Any = ()) -> Record:
    """A function of one number, real (of the domain) or complex."""
    record = unary(name, reference, domain, torch, kinks)
    return replace(record, samples=record.samples + complexes(name))


def binary(name: str, reference: Any, domains: tuple[str, str] = ("any", "any"), torch: Any = None,
           numbers: tuple[float, float] | None = (1.7, 0.6), kinks: Any = (),
           extra: Any = (), differentiable: bool = True) -> Record:  # fmt: skip
    """`numbers`: Python numbers to stand on the left and on the right of an array."""
    samples = [
        Sample((values(name, x, domains[0]), values(name + "2", y, domains[1]))) for x, y in PAIRS
    ]
    if numbers is not None:
        samples += [
            Sample((numbers[0], values(name, (2, 3), domains[1]))),
            Sample((values(name, (2, 3), domains[0]), numbers[1])),
        ]
    corners = [Sample(tuple(np.array(v) if isinstance(v, list) else v for v in k)) for k in kinks]
    return Record(name, reference, samples + list(extra), torch, corners, differentiable)


AXES: list[tuple[tuple[int, ...], Any]] = [
    ((), None), ((1,), 0), ((4,), None), ((4,), -1), ((2, 3), None), ((2, 3), 0), ((2, 3), -1),
    ((2, 3), (0, 1)), ((2, 3, 2), (0, -1)), ((2, 3, 2), (-2,)), ((2, 3, 2), (2, 0)), ((1, 3), 0),
]  # fmt: skip
EMPTY: list[tuple[tuple[int, ...], Any]] = [((0,), None), ((0, 3), 0), ((0, 3), 1)]


def reduction(name: str, reference: Any, domain: str, torch: Any, empty: Any = EMPTY,
              kinks: Any = ()) -> Record:  # fmt: skip
    samples = [
        Sample((values(name, shape, domain),), {"axis": axis, "keepdims": keepdims})
        for shape, axis in [*AXES, *empty]
        for keepdims in (False, True)
    ]
    corners = [
        Sample((np.array(x),), {"axis": axis, "keepdims": keepdims})
        for x, axis in kinks
        for keepdims in (False, True)
    ]
    return Record(name, reference, samples, torch, corners)


def along(name: str, reference: Any, torch: Any, pair: bool = False) -> Record:
    """Softmax and its relatives: one axis, and for the gradients two arrays."""
    samples = []
    for shape, axis in [((4,), 0), ((1,), 0), ((2, 3), 1), ((2, 3), -1), ((2, 3), 0), ((2, 3, 2), -2),
                        ((0, 3), 1)]:  # fmt: skip
        args = (values(name, shape, "any"),)
        samples.append(Sample(args + ((values(name + "2", shape, "any"),) if pair else ()),
                              {"axis": axis}))  # fmt: skip
    return Record(name, reference, samples, torch)


def of(name: str, reference: Any, *samples: Sample, torch: Any = None, kinks: Any = ()) -> Record:
    corners = [Sample((np.array(k),)) for k in kinks]
    return Record(name, reference, list(samples), torch, corners)


def dims(x: Any, axis: Any) -> Any:
    return tuple(range(x.ndim)) if axis is None else axis


def pytorch() -> Any:
    """PyTorch, or the test is skipped."""
    return pytest.importorskip("torch")


KINKS = [[0.0, -0.0, 1.0, -1.0]]


def tensor(y: Any) -> Any:
    """A number as PyTorch's, for its functions that take nothing else."""
    torch = pytorch()
    return y if isinstance(y, torch.Tensor) else torch.tensor(y, dtype=torch.float64)
