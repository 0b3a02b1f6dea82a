"""One block of a causal transformer of width 128 with 4 heads, over 64 characters.

Embedding, pre-norm attention and a GELU network each with its residual, norm, linear layer."""

from __future__ import annotations

from typing import Any

from ..case import Case, Network, Weights

LENGTH, WIDTH, HEADS, HIDDEN, TOKENS = 64, 128, 4, 512, 65
SHAPES: dict[str, tuple[int, ...]] = {
    "token.weight": (TOKENS, WIDTH), "place.weight": (LENGTH, WIDTH),
    "norm1.weight": (WIDTH,), "norm1.bias": (WIDTH,),
    "qkv.weight": (3 * WIDTH, WIDTH), "qkv.bias": (3 * WIDTH,),
    "out.weight": (WIDTH, WIDTH), "out.bias": (WIDTH,),
    "norm2.weight": (WIDTH,), "norm2.bias": (WIDTH,),
    "up.weight": (HIDDEN, WIDTH), "up.bias": (HIDDEN,),
    "down.weight": (WIDTH, HIDDEN), "down.bias": (WIDTH,),
    "norm3.weight": (WIDTH,), "norm3.bias": (WIDTH,),
    "head.weight": (TOKENS, WIDTH), "head.bias": (TOKENS,),
}  # fmt: skip


def build(nn: Any) -> Any:
    """The module; its outputs are (batch * LENGTH, TOKENS)."""
    attention = nn.functional.scaled_dot_product_attention

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token, self.place = nn.Embedding(TOKENS, WIDTH), nn.Embedding(LENGTH, WIDTH)
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.norm3, self.gelu = nn.LayerNorm(WIDTH), nn.GELU()
            self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.up, self.down = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)
            self.head = nn.Linear(WIDTH, TOKENS)

        def forward(self, x: Any) -> Any:
            h = self.token(x) + self.place.weight
            h = h + self.attend(self.norm1(h))
            h = h + self.down(self.gelu(self.up(self.norm2(h))))
            return self.head(self.norm3(h)).reshape(-1, TOKENS)

        def attend(self, h: Any) -> Any:
            shape = (h.shape[0], LENGTH, HEADS, WIDTH // HEADS)
            q, k, v = (a.reshape(shape).transpose(1, 2) for a in self.qkv(h).chunk(3, -1))
            joined = attention(q, k, v, is_causal=True).transpose(1, 2)
            return self.out(joined.reshape(h.shape))

    return Transformer()


def jax_weights(w: Weights) -> Any:
    """JAX's parameters: the same, those of linear layers transposed."""
    tables = ("token.weight", "place.weight")
    return {k: v if k in tables else v.T.copy() for k, v in w.items()}


def jax_apply(p: Any, state: Any, x: Any) -> Any:
    """The outputs, in JAX."""
    import jax
    import jax.numpy as jnp

    def linear(h: Any, name: str) -> Any:
        return h @ p[f"{name}.weight"] + p[f"{name}.bias"]

    def norm(h: Any, name: str) -> Any:
        mean, var = jnp.mean(h, -1, keepdims=True), jnp.var(h, -1, keepdims=True)
        return (h - mean) / jnp.sqrt(var + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]

    h = p["token.weight"][x] + p["place.weight"]
    shape = (x.shape[0], LENGTH, HEADS, WIDTH // HEADS)
    q, k, v = (a.reshape(shape) for a in jnp.split(linear(norm(h, "norm1"), "qkv"), 3, -1))
    joined = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    h = h + linear(joined.reshape(h.shape), "out")
    h = h + linear(jax.nn.gelu(linear(norm(h, "norm2"), "up"), approximate=False), "down")
    return linear(norm(h, "norm3"), "head").reshape(-1, TOKENS), state


NETWORK = Network(SHAPES, build, jax_weights, jax_apply)
CASES = (
    Case(
        "transformer-128-b16-adam", "network", "networks", network=NETWORK,
        input_shape=(LENGTH,), tokens=TOKENS, outputs=TOKENS, positions=LENGTH, batch=16,
        optimizer="adam",
    ),
)  # fmt: skip
