"""Normalisation layers: every layout, with and without parameters and running statistics."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .record import Record, grid

EVAL = {"modes": ("eval",)}


def _values(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def _positive(*shape: int) -> np.ndarray:
    return np.abs(_values(*shape, seed=4)) + 0.5


def _far(*shape: int) -> np.ndarray:
    """Values whose mean is many standard deviations from 0."""
    return _values(*shape) + 50.0


def _batches(nn: Any) -> Any:
    """Two layers of batch norm, one after the other."""
    return nn.Sequential(nn.BatchNorm1d(2), nn.Tanh(), nn.BatchNorm1d(2, momentum=None))


RECORDS = [
    *grid("BatchNorm1d", 2, inputs=[((4, 2),), ((2, 2, 3),)], affine=[True, False]),
    *grid("BatchNorm1d", 2, inputs=[((4, 2),)], momentum=[None, 0.3], eps=[0.1]),
    *grid("BatchNorm2d", 2, inputs=[((2, 2, 2, 2),)], track_running_stats=[True, False]),
    *grid("BatchNorm2d", 3, inputs=[((2, 3, 4, 5),)], bias=[False],
          options={"modes": ("train",)}),
    *grid("BatchNorm2d", 1, inputs=[((2, 1, 2, 2),)]),
    *grid("BatchNorm3d", 2, inputs=[((2, 2, 1, 2, 2),)]),
    *grid("BatchNorm2d", 2, inputs=[((0, 2, 2, 2),), ((2, 2, 0, 2),)]),
    Record("BatchNorm1d", (2,), inputs=(_far(4, 2),), modes=("train",), kinks=True, single=False),
    Record("batch norm twice", make=_batches, inputs=((4, 2),)),
    Record("functional.batch_norm", (None, None), {"training": True}, inputs=((4, 2),)),
    Record("functional.batch_norm", (_values(2), _positive(2)), inputs=((3, 2, 2),)),
    Record("functional.batch_norm", (_values(2), _positive(2), _values(2)), inputs=((3, 2),)),
    *grid("LayerNorm", 4, inputs=[((3, 4),)], elementwise_affine=[True, False], bias=[True, False]),
    Record("LayerNorm", ((2, 3), 0.1), inputs=((2, 2, 3),)),
    Record("LayerNorm", (4,), inputs=((2, 1, 4),)),
    Record("LayerNorm", (4,), inputs=((4,),)),
    Record("LayerNorm", (1,), inputs=((2, 1),)),
    Record("LayerNorm", (3,), inputs=((0, 3),)),
    Record("LayerNorm", (4,), inputs=(_far(3, 4),), kinks=True, single=False),
    Record("functional.layer_norm", ((4,),), {"weight": _values(4)}, inputs=((3, 4),)),
    *grid("RMSNorm", 4, inputs=[((3, 4),)], eps=[None, 0.1], elementwise_affine=[True, False]),
    Record("RMSNorm", ((2, 3),), inputs=((2, 2, 3),)),
    Record("functional.rms_norm", ((4,),), {"weight": _values(4)}, inputs=((3, 4),)),
    *grid("GroupNorm", 2, 4, inputs=[((2, 4, 3),), ((2, 4, 2, 2),)], affine=[True, False]),
    *grid("GroupNorm", inputs=[((2, 4),)], num_groups=[1, 2], num_channels=[4], bias=[False]),
    *grid("GroupNorm", 3, 3, inputs=[((2, 3, 4),)], eps=[0.1]),
    Record("functional.group_norm", (1,), inputs=((1, 2, 3),)),
    *grid("InstanceNorm1d", 2, inputs=[((2, 2, 3),), ((2, 3),)], affine=[True, False]),
    *grid("InstanceNorm2d", 2, inputs=[((2, 2, 2, 2),), ((2, 2, 3),)],
          track_running_stats=[True], momentum=[0.3], affine=[True]),
    *grid("InstanceNorm3d", 1, inputs=[((2, 1, 2, 1, 2),)]),
    Record("InstanceNorm1d", (2,), {"affine": True, "bias": False}, inputs=((2, 2, 3),)),
    Record("functional.instance_norm", inputs=((2, 2, 3),)),
    Record("functional.instance_norm", (_values(2), _positive(2)), {"use_input_stats": False},
           inputs=((2, 2, 3),)),
    *grid("LocalResponseNorm", inputs=[((2, 4, 3),)], size=[1, 2, 3, 9], alpha=[0.5]),
    Record("LocalResponseNorm", (2, 0.3, 0.5, 2.0), inputs=((1, 3, 2, 2),)),
    Record("functional.local_response_norm", (3,), inputs=((1, 3, 2, 1, 2),)),
    *grid("functional.normalize", inputs=[((3, 4),)], p=[1.0, 2.0, 3.0, float("inf")]),
    *grid("functional.normalize", inputs=[((2, 3, 2),)], dim=[0, -1, (0, 2)]),
    Record("functional.normalize", (), {"eps": 100.0}, inputs=((3, 4),)),
    Record("Dropout", (0.0, True), inputs=((3, 4),)),
    *grid("Dropout", 0.5, inputs=[((3, 4),)], options=EVAL),
    *grid("Dropout1d", 1.0, inputs=[((2, 2, 3),), ((2, 3),)]),
    *grid("Dropout2d", 0.5, inputs=[((1, 2, 3, 2),)], options=EVAL),
    *grid("Dropout3d", 1.0, inputs=[((1, 2, 3, 2, 2),), ((2, 1, 2, 2),)]),
    *grid("AlphaDropout", 0.5, inputs=[((3, 4),)], options=EVAL),
    *grid("AlphaDropout", 1.0, inputs=[((3, 4),)]),
    *grid("FeatureAlphaDropout", 1.0, inputs=[((2, 2, 3),)]),
]  # fmt: skip


def _old(kind: str, layer: str, *args: Any, **options: Any) -> Any:
    """The older weight norms, which PyTorch calls deprecated."""

    def make(nn: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return getattr(nn.utils, kind)(getattr(nn, layer)(*args), **options)

    return make


def _new(kind: str, layer: str, *args: Any, **options: Any) -> Any:
    return lambda nn: getattr(nn.utils.parametrizations, kind)(getattr(nn, layer)(*args), **options)


def _weight_norms() -> list[Record]:
    """PyTorch's second derivative takes the norms of slices for constants; finite differences have
    the last word there. That of a whole weight is right."""
    made = [
        (f"{age} weight norm {dim}", make("weight_norm", "Linear", 3, 2, dim=dim), (2, 3), dim)
        for age, make in (("new", _new), ("old", _old))
        for dim in (0, 1, None)
    ]
    made += [
        ("weight norm of a bias", _new("weight_norm", "Linear", 3, 2, name="bias"), (2, 3), 0),
        ("weight norm of a convolution", _new("weight_norm", "Conv1d", 1, 2, 2), (1, 1, 4), 0),
    ]
    return [
        Record(name, make=make, inputs=(shape,), order=2 if dim is None else 1)
        for name, make, shape, dim in made
    ]


def _spectral_norms() -> list[Record]:
    """In training the power method moves u and v with the weight, and the derivative takes them for
    constants; in use they are constants."""
    made = [
        (f"{age} spectral norm {steps} {dim}", (2, 3),
         make("spectral_norm", "Linear", 3, 2, n_power_iterations=steps, dim=dim))
        for age, make in (("new", _new), ("old", _old))
        for steps, dim in ((1, None), (3, 1))
    ]  # fmt: skip
    made.append(("spectral norm of a transposed convolution", (1, 2, 2),
                 _new("spectral_norm", "ConvTranspose1d", 2, 1, 2)))  # fmt: skip
    records = [
        Record(
            f"{name} in {mode}", make=make, inputs=(shape,), modes=(mode,), kinks=mode == "train"
        )
        for name, shape, make in made
        for mode in ("train", "eval")
    ]
    vector = _new("spectral_norm", "Linear", 3, 2, name="bias")
    return [*records, Record("spectral norm of a bias", make=vector, inputs=((2, 3),))]


RECORDS += _weight_norms() + _spectral_norms()
