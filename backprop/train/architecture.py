"""The names of networks: 'mlp:128,64', 'cnn:16,32/128', 'lenet', 'resnet:20', 'lstm:256', ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

_MOST = 1_000_000_000


@dataclass(frozen=True)
class Architecture:
    """A network's name taken apart.

    Attributes:
        kind: one of `KINDS`.
        sizes: the numbers after the colon.
        dense: those after the slash.
    """

    kind: str
    sizes: tuple[int, ...] = ()
    dense: tuple[int, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A family of networks.

    Attributes:
        form: how its names look, for messages.
        example: one of them.
        rows: what a row of its data is: "numbers", "images" or "text".
        counts: how many sizes there may be.
        default: the sizes, where none are named.
        dense: whether sizes of dense layers may follow a slash.
        check: of the sizes; what is wrong with them, or "".
    """

    form: str
    example: str
    rows: str
    counts: range
    default: tuple[int, ...] = ()
    dense: bool = False
    check: Callable[[tuple[int, ...]], str] = field(default=lambda sizes: "")


def _residual(sizes: tuple[int, ...]) -> str:
    layers = sizes[0]
    good = layers >= 8 and (layers - 2) % 6 == 0
    return "" if good else "its number of layers is 6 n + 2: 8, 14, 20, 32, 44, 56, ..."


def _heads(sizes: tuple[int, ...]) -> str:
    _, width, heads = (*sizes, 4)[:3]
    return "" if width % heads == 0 else f"its width {width} is no multiple of its {heads} heads"


KINDS: Mapping[str, Kind] = {
    "linear": Kind("'linear'", "linear", "numbers", range(1)),
    "mlp": Kind("'mlp:' and the sizes of the hidden layers", "mlp:128,64", "numbers",
                range(1, 1000)),
    "cnn": Kind("'cnn:' and the channels of its convolutions, after a slash the sizes of hidden "
                "layers", "cnn:16,32/128", "images", range(1, 100), dense=True),
    "lenet": Kind("'lenet'", "lenet", "images", range(1)),
    "resnet": Kind("'resnet:' and the number of layers", "resnet:20", "images", range(1, 2),
                   check=_residual),
    "transformer": Kind("'transformer:' and layers, width and heads", "transformer:4,128,4", "text",
                        range(4), (4, 128, 4), check=_heads),
    "lstm": Kind("'lstm:' and its units and layers", "lstm:256,1", "text", range(3), (256, 1)),
    "gru": Kind("'gru:' and its units and layers", "gru:256,1", "text", range(3), (256, 1)),
}  # fmt: skip


def architecture(model: str) -> Architecture:
    """What a network's name says.

    Raises:
        ValueError: it names no network.

    >>> architecture("cnn:16,32/128")
    Architecture(kind='cnn', sizes=(16, 32), dense=(128,))
    >>> architecture("transformer:2")
    Architecture(kind='transformer', sizes=(2, 128, 4), dense=())
    """
    name, colon, rest = str(model).strip().partition(":")
    kind = KINDS.get(name)
    if kind is None:
        close = get_close_matches(name.lower(), list(KINDS), 1)
        guess = f". Did you mean {close[0]!r}?" if close else ""
        known = ", ".join(k.example for k in KINDS.values())
        raise ValueError(f"model: got {model!r}, wanted one such as {known}{guess}")
    front, slash, back = rest.partition("/")
    sizes, dense = _numbers(front), _numbers(back)
    wrong = (
        sizes is None or dense is None or len(sizes) not in kind.counts
        or (slash and not (kind.dense and dense)) or (colon and not sizes)
    )  # fmt: skip
    if wrong or sizes is None or dense is None:
        raise ValueError(
            f"model: got {model!r}, wanted {kind.form}, such as {kind.example!r}; "
            "each size is at least 1"
        )
    sizes = sizes + kind.default[len(sizes) :]
    problem = kind.check(sizes)
    if problem:
        raise ValueError(f"model: got {model!r}: {problem}")
    return Architecture(name, sizes, dense)


def _numbers(text: str) -> tuple[int, ...] | None:
    """The numbers between commas; None where one is none."""
    parts = [p.strip() for p in text.split(",")] if text.strip() else []
    if not all(p.isascii() and p.isdecimal() and 1 <= int(p) <= _MOST for p in parts):
        return None
    return tuple(map(int, parts))
