"""What a test needs to know of a layer to compare it with PyTorch's: a call in both libraries."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Record:
    """One layer with its arguments, and the inputs to call it with.

    Attributes:
        name: the class's name in `nn`, "functional.NAME" for a function, or any label where `make`
            builds the layer.
        args, kwargs: the arguments it is made with (of a function: those after the inputs). An
            array among them becomes a tensor of the library.
        inputs: a shape (normal random numbers are drawn), an array, or None, for each input.
            Arrays keep their dtype if it is not floating; floating ones are differentiated.
        call: keyword arguments of the call; arrays become tensors.
        make: builds the layer from a library's `nn` (ours or PyTorch's), where a name and
            arguments cannot.
        modes: run it in training, in use, or both.
        order: how many derivatives PyTorch has of it: 2 or 1.
        kinks: PyTorch's convention is compared, but finite differences are not: the inputs lie
            on kinks or are ties.
        single: whether float32 is compared too.
        scale: the standard deviation of the random inputs.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()
    call: Mapping[str, Any] = field(default_factory=dict)
    make: Callable[[Any], Any] | None = None
    modes: tuple[str, ...] = ("train", "eval")
    order: int = 2
    kinks: bool = False
    single: bool = True
    scale: float = 1.0

    def __str__(self) -> str:
        """What a failing test is called."""
        given = [_short(a) for a in self.args]
        given += [f"{k}={_short(v)}" for k, v in {**self.kwargs, **self.call}.items()]
        shapes = " ".join(_short(i) for i in self.inputs)
        return f"{self.name}({','.join(given)})[{shapes}]".replace(" ", "_")

    @property
    def is_function(self) -> bool:
        return self.name.startswith("functional.")

    def arrays(self) -> list[Any]:
        """The inputs as NumPy arrays, always the same."""
        rng = np.random.default_rng(11)
        return [
            rng.standard_normal(i) * self.scale if isinstance(i, tuple) else i for i in self.inputs
        ]


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    if callable(value):  # its repr has an address, new in every process
        return str(getattr(value, "__name__", type(value).__name__))
    if isinstance(value, tuple):
        return "x".join(_short(v) for v in value)
    return str(value)


def grid(name: str, *args: Any, inputs: Iterable[tuple[Any, ...]], **choices: Any) -> list[Record]:
    """A record for each combination: `choices` holds a list of values for each keyword, `inputs`
    a list of inputs. Keywords of `Record` itself (order, modes, ...) are given as `options`."""
    options = choices.pop("options", {})
    names = list(choices)
    return [
        Record(name, args, dict(zip(names, values, strict=True)), inputs=given, **options)
        for values in itertools.product(*choices.values())
        for given in inputs
    ]
