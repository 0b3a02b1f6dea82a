"""Convolution, pooling and normalisation in JAX, in its own layout: channels last."""

from __future__ import annotations

from typing import Any


def channels_last(x: Any) -> Any:
    """(N, C, H, W) to (N, H, W, C)."""
    return x.transpose(0, 2, 3, 1)


def kernel(weight: Any) -> Any:
    """(out, in, h, w) to (h, w, in, out)."""
    return weight.transpose(2, 3, 1, 0).copy()


def after_flatten(weight: Any, shape: tuple[int, int, int]) -> Any:
    """The weight of a linear layer behind a flattened (C, H, W) for one behind (H, W, C)."""
    rows = len(weight)
    return weight.reshape(rows, *shape).transpose(2, 3, 1, 0).reshape(-1, rows).copy()


def conv(x: Any, weight: Any, padding: int, stride: int = 1) -> Any:
    """The convolution of channels-last images."""
    from jax import lax

    return lax.conv_general_dilated(
        x, weight, (stride, stride), ((padding, padding),) * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )  # fmt: skip


def max_pool(x: Any) -> Any:
    """The largest of each 2x2, without overlap."""
    import jax.numpy as jnp
    from jax import lax

    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def batch_norm(x: Any, scale: Any, shift: Any, running: Any) -> tuple[Any, Any]:
    """Normalised over the batch; and the running mean and variance after it (PyTorch's)."""
    import jax.numpy as jnp

    mean, var = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
    n = x.size // x.shape[-1]
    old_mean, old_var = running
    running = (0.9 * old_mean + 0.1 * mean, 0.9 * old_var + 0.1 * var * (n / (n - 1)))
    return (x - mean) * (scale / jnp.sqrt(var + 1e-5)) + shift, running
