"""How many operations of a training step are matrix products."""

from __future__ import annotations

import math
from typing import Any

from .. import nn
from ..tensor import Tensor
from ..train.judge import evaluating

Products = tuple[int, int]
"""Operations of a layer's forward products, and of those that take what comes into the layer."""


def step_flops(model: nn.Module, x: Tensor) -> tuple[int, list[str]]:
    """The floating-point operations of the matrix products in a training step on the batch x.

    A product of (n, k) and (k, m) is 2 n k m operations: a multiplication and an addition each.
    The forward products are counted from each layer's sizes and the shapes that go in and out:

    | layer | forward |
    |---|---|
    | Linear | 2 outputs in |
    | convolution | 2 outputs (in / groups) kernel; transposed: 2 inputs (out / groups) kernel |
    | RNN, LSTM, GRU | 2 samples steps (elements of the weight matrices) |
    | MultiheadAttention | its projections, and 4 N L S width for the scores and their use |

    The backward pass has as many again for the gradients by the weights (where they learn), and as
    many for those by the inputs (where something before the layer learns: not in a first layer).
    All else (activations, normalisation, the loss, the optimizer) is no matrix product.

    Returns:
        the number, and the kinds of layers with weight matrices that are not in the table.

    >>> import backprop as bp
    >>> step_flops(bp.nn.Sequential(bp.nn.Linear(3, 4), bp.nn.Linear(4, 5)), bp.zeros((2, 3)))
    (336, [])
    """
    total, unknown = 0, set()

    def note(module: nn.Module, args: Any, out: Any) -> None:
        nonlocal total
        found = _products(module, args, out)
        if found is not None:
            all_of_it, of_inputs = found
            by_weights = all_of_it if any(p.requires_grad for p in module.parameters()) else 0
            learns = any(isinstance(a, Tensor) and a.requires_grad for a in args)
            total += all_of_it + by_weights + all_of_it - (0 if learns else of_inputs)
        elif _has_matrix(module):
            unknown.add(type(module).__name__)

    handles = [m.register_forward_hook(note) for m in model.modules()]
    try:
        with evaluating(model):
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return total, sorted(unknown)


def _products(module: Any, args: Any, out: Any) -> Products | None:
    if not args or not all(isinstance(a, Tensor) for a in args[:3] if a is not None):
        return None
    x = args[0]
    if isinstance(module, nn.Linear):
        n = 2 * out.size * module.in_features
    elif isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        n = 2 * out.size * (module.weight.size // module.out_channels)
    elif isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
        n = 2 * x.size * (module.weight.size // module.in_channels)
    elif isinstance(module, (nn.RNN, nn.LSTM, nn.GRU)):
        return _recurrent(module, 2 * math.prod(x.shape[:-1]))
    elif isinstance(module, nn.MultiheadAttention) and len(args) >= 3:
        return _attention(module, x, args[1])
    else:
        return None
    return n, n


def _recurrent(module: nn.Module, each: int) -> Products:
    matrices = {k: p.size for k, p in module.named_parameters() if p.ndim > 1}
    first = sum(n for k, n in matrices.items() if k.startswith("weight_ih_l0"))
    return each * sum(matrices.values()), each * first


def _attention(module: Any, query: Tensor, key: Tensor) -> Products:
    width, along = module.embed_dim, 0
    samples = 1
    if query.ndim == 3:
        along = 1 if module.batch_first else 0
        samples = query.shape[1 - along]
    length, seen = query.shape[along], key.shape[along]
    into = 2 * samples * width * (width * length + (module.kdim + module.vdim) * seen)
    pairs = 4 * samples * length * seen * width
    return into + pairs + 2 * samples * length * width * width, into


def _has_matrix(module: nn.Module) -> bool:
    """Whether weights of its own are multiplied with, and not only looked up."""
    own = [p for p in vars(module).values() if isinstance(p, nn.Parameter) and p.ndim > 1]
    return bool(own) and not isinstance(module, nn.Embedding)
