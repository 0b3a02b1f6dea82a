"""A network from the settings and the shape of the data."""

from __future__ import annotations

import math

from ... import nn
from ..architecture import KINDS, architecture
from ..settings import ACTIVATIONS, Settings
from .convolutional import cnn, lenet
from .dense import mlp
from .language import CharRecurrent, CharTransformer
from .residual import resnet


def build_model(settings: Settings, shape: tuple[int, ...], n_out: int) -> nn.Module:
    """The network that `settings.model` names.

    Args:
        settings: model, activation, dropout, input_dropout and dtype count.
        shape: of one row of the data, before it is made flat; of a text, its context.
        n_out: how many numbers the network gives for a row; of a text, its characters.

    Raises:
        ValueError: the network is for other data.

    >>> build_model(Settings(model="mlp:8", dropout=0.5), (4,), 3)
    Sequential(
      (0): Linear(4, 8)
      (1): ReLU()
      (2): Dropout(p=0.5, inplace=False)
      (3): Linear(8, 3)
    )
    """
    given = architecture(settings.model or "linear")
    activation, dtype = ACTIVATIONS[settings.activation], settings.dtype
    dropout = settings.dropout or 0.0
    network: nn.Module
    if given.kind == "transformer":
        layers, width, heads = given.sizes
        return CharTransformer(n_out, shape[0], layers, width, heads, dropout, dtype)
    if KINDS[given.kind].rows == "text":
        units, depth = given.sizes
        return CharRecurrent(given.kind, n_out, units, depth, dropout, dtype)
    if given.kind == "cnn":
        network = cnn(shape, n_out, given, activation, dropout, dtype)
    elif given.kind == "lenet":
        network = lenet(shape, n_out, activation, dropout, dtype)
    elif given.kind == "resnet":
        network = resnet(shape, n_out, given.sizes[0], activation, dropout, dtype)
    else:
        network = mlp(math.prod(shape), n_out, given.sizes, activation, dropout, dtype)
    if settings.input_dropout:
        network = nn.Sequential(nn.Dropout(settings.input_dropout), *network)
    return network


def check_fits(model: str, kind: str) -> None:
    """Raise unless the network is for data of this kind: "table", "array", "images" or "text"."""
    rows = KINDS[architecture(model).kind].rows
    takes = {"text": ("text",), "table": ("numbers",)}.get(kind, ("numbers", "images"))
    if rows not in takes:
        fitting = ", ".join(k.example for k in KINDS.values() if k.rows in takes)
        what = {"text": "a text", "table": "a table"}.get(kind, "arrays")
        raise ValueError(f"model: got {model!r}, which is for {rows}; for {what} take {fitting}")
