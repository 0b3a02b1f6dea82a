"""Attention and transformers: numbers worked by hand, memory, dropout, errors."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backends import kernels, portable
from backprop import nn
from backprop.nn import functional as F

attention = F.scaled_dot_product_attention


def host(x: bp.Tensor) -> np.ndarray:
    return x.detach().numpy()


# --------------------------------------------------------------------------- by hand


def test_two_keys_by_hand(make: Any) -> None:
    """Scores 0 and log 3 (the scale is 1 / sqrt(4) = 1/2): weights 1/4 and 3/4."""
    query = make([[1.0, 0.0, 0.0, 0.0]])
    key = make([[0.0, 5.0, 0.0, 0.0], [2 * math.log(3.0), 0.0, 0.0, 0.0]])
    value = make([[4.0], [8.0]])
    out = attention(query, key, value)
    np.testing.assert_allclose(out.detach().numpy(), [[7.0]], rtol=1e-15)
    out.sum().backward()
    np.testing.assert_allclose(value.grad.numpy(), [[0.25], [0.75]], rtol=1e-15)
    # d out / d score = weight (value - out): -3/4 and 3/4, and each score is query · key / 2.
    np.testing.assert_allclose(key.grad.numpy()[:, 0], [-0.375, 0.375], rtol=1e-15)
    np.testing.assert_allclose(
        query.grad.numpy(), [[0.75 * math.log(3.0), -0.375 * 5.0, 0.0, 0.0]], rtol=1e-15
    )


def test_causal_means_of_the_values_so_far(make: Any) -> None:
    """Equal scores: each query averages the values up to its own place, from the upper left."""
    value = make([[1.0], [3.0], [8.0]])
    for queries, expected in ((2, [1.0, 2.0]), (4, [1.0, 2.0, 4.0, 4.0])):
        out = attention(make(np.zeros((queries, 2))), make(np.ones((3, 2))), value, is_causal=True)
        np.testing.assert_allclose(out.detach().numpy()[:, 0], expected, rtol=1e-15)


def test_masks_by_hand(make: Any) -> None:
    zeros, value = make(np.zeros((2, 1))), make([[2.0], [6.0]])
    boolean = attention(zeros, zeros, value, make(np.array([[False, True], [False, False]])))
    assert boolean.detach().numpy().tolist() == [[6.0], [0.0]]  # no key: 0
    added = attention(zeros, zeros, value, make([[math.log(3.0), 0.0], [-math.inf, -math.inf]]))
    np.testing.assert_allclose(added.detach().numpy(), [[3.0], [0.0]], rtol=1e-15)
    added.sum().backward()
    assert np.isfinite(value.grad.numpy()).all()


def test_a_row_without_keys_says_minus_infinity(make: Any) -> None:
    x, mask = make(np.zeros((2, 1))), make(np.array([[True, True], [False, False]]))
    _, lse = bp.rules.attention(x, x, x, mask, scale=1.0, causal=False, learned=False)
    np.testing.assert_allclose(lse.detach().numpy(), [math.log(2.0), -math.inf], rtol=1e-15)


def test_scores_of_any_size(make: Any) -> None:
    """Scores of ±10^6, far beyond what exp can take, and one far above those before it."""
    key = np.concatenate([np.zeros((1500, 1)), [[1e3]]])
    value = np.concatenate([np.zeros((1500, 1)), [[7.0]]])
    q = make([[1e3], [-1e3]])
    out = attention(q, make(key), make(value), scale=1.0)
    np.testing.assert_allclose(out.detach().numpy(), [[7.0], [0.0]], atol=1e-300)
    out.sum().backward()
    assert np.isfinite(q.grad.numpy()).all()


def test_heads_by_hand(make: Any) -> None:
    """Two heads of one feature, all projections the identity: each averages its own feature."""
    layer = nn.MultiheadAttention(2, 2, dtype="float64").eval()
    state = {
        "in_proj_weight": np.tile(np.eye(2), (3, 1)), "in_proj_bias": np.zeros(6),
        "out_proj.weight": np.eye(2), "out_proj.bias": np.array([10.0, 20.0]),
    }  # fmt: skip
    layer.load_state_dict(state)
    query = bp.asarray([[1.0, 0.0]], dtype="float64")
    key = bp.asarray([[0.0, 2.0], [math.log(3.0), 6.0]], dtype="float64")
    out, weights = layer(query, key, key, average_attn_weights=False)
    np.testing.assert_allclose(weights.detach().numpy()[:, 0], [[0.25, 0.75], [0.5, 0.5]])
    np.testing.assert_allclose(
        out.detach().numpy(), [[10 + 0.75 * math.log(3.0), 20 + 4.0]], rtol=1e-15
    )


# ---------------------------------------------------------------------------- memory


@pytest.mark.parametrize("home", [kernels, portable], ids=["fast", "portable"])
@pytest.mark.parametrize("causal", [False, True])
def test_memory_grows_with_the_length_not_its_square(home: Any, causal: bool) -> None:
    """The scores of 4096 places would be 67 MB, and eight times the length 64 times the memory."""
    peaks = {}
    for length in (512, 4096):
        rng = np.random.default_rng(0)
        q, k, v, g = (rng.normal(size=(length, 8)).astype("float32") for _ in range(4))
        for _ in range(2):  # the first call fills what is kept for the next
            tracemalloc.start()
            out, lse = home.attention(q, k, v, None, scale=0.3, causal=causal)
            home.attention_grad(
                q, k, v, None, out, lse, g, None, scale=0.3, causal=causal, learned=False
            )
            peaks[length] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert peaks[4096] < 4e6
    assert peaks[4096] < 9 * peaks[512]


def test_the_graph_keeps_no_scores() -> None:
    length = 1024
    x = bp.ones((length, 4), requires_grad=True)
    tracemalloc.start()
    out = attention(x, x, x, is_causal=True)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 4 * length * length / 10
    out.sum().backward()


def test_a_mask_that_is_not_learned_gets_no_gradient(make: Any) -> None:
    x, mask = make(np.ones((3, 2))), bp.zeros((3, 3), dtype="float64")
    out = attention(x, x, x, mask.to_device(x.device))
    out.sum().backward()
    assert mask.grad is None


# --------------------------------------------------------------------------- dropout


def test_dropout_of_the_weights() -> None:
    """Values that are the identity show the weights: each is 0, or 1/(1 - p) times itself."""
    bp.manual_seed(3)
    x = bp.zeros((100, 4))
    out = attention(x, x, bp.eye(100), dropout_p=0.25).numpy()
    np.testing.assert_allclose(np.unique(out), [0.0, 0.01 / 0.75], rtol=1e-6)
    assert abs((out == 0).mean() - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 1e4)
    again = attention(x, x, bp.eye(100), dropout_p=0.25).numpy()
    assert (out != again).any()
    bp.manual_seed(3)
    np.testing.assert_array_equal(attention(x, x, bp.eye(100), dropout_p=0.25).numpy(), out)


def test_dropout_in_training_only() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5)
    x = bp.ones((5, 3, 8))
    assert (host(layer(x)) != host(layer(x))).any()
    layer.eval()
    np.testing.assert_array_equal(host(layer(x)), host(layer(x)))


def test_dropout_of_the_returned_weights() -> None:
    layer = nn.MultiheadAttention(4, 2, dropout=0.5)
    x = bp.ones((50, 1, 4))
    _, weights = layer(x, x, x, average_attn_weights=False)
    share = (host(weights) == 0).mean()
    assert 0.45 < share < 0.55
    np.testing.assert_allclose(host(weights).max(), 0.04, rtol=1e-5)  # 1/50 / (1 - p)


def test_dropout_is_differentiated() -> None:
    def f(q: bp.Tensor, k: bp.Tensor, v: bp.Tensor) -> bp.Tensor:
        bp.manual_seed(1)
        return attention(q, k, v, dropout_p=0.4, is_causal=True)

    rng = np.random.default_rng(0)
    assert bp.gradcheck(f, [bp.asarray(rng.normal(size=(3, 2))) for _ in range(3)], order=2)


# ------------------------------------------------------------------- what layers are made of


def test_weights_do_not_change_the_output() -> None:
    layer = nn.MultiheadAttention(4, 2)
    x = bp.asarray(np.random.default_rng(0).normal(size=(3, 2, 4)), dtype="float32")
    for padding in (None, [[False, True, True], [True, True, True]]):  # even where none is left
        hidden = None if padding is None else bp.asarray(np.array(padding))
        with_them, weights = layer(x, x, x, hidden)
        without, none = layer(x, x, x, hidden, need_weights=False)
        assert none is None
        np.testing.assert_allclose(host(with_them), host(without), rtol=1e-5, atol=1e-6)
    assert host(weights)[1].tolist() == np.zeros((3, 3)).tolist()


def test_start_of_the_parameters() -> None:
    layer = nn.MultiheadAttention(64, 4, add_bias_kv=True)
    bound = math.sqrt(6.0 / (192 + 64))
    weight = host(layer.in_proj_weight)
    assert np.abs(weight).max() <= bound
    assert np.abs(weight).max() > 0.98 * bound
    assert not host(layer.in_proj_bias).any()
    assert not host(layer.out_proj.bias).any()
    # (1, 1, 64): fan in 64, fan out 64, so a deviation of sqrt(2 / 128) = 1/8
    assert host(layer.bias_k).std() == pytest.approx(0.125, rel=0.3)
    apart = nn.MultiheadAttention(8, 2, kdim=3)
    assert apart.in_proj_weight is None
    assert np.abs(host(apart.k_proj_weight)).max() <= math.sqrt(6.0 / 11)
    net = nn.Transformer(8, 2, 1, 1, 16)
    assert np.abs(host(net.encoder.layers[0].linear1.weight)).max() <= math.sqrt(6.0 / 24)


def test_layers_of_a_stack_are_copies_of_their_own() -> None:
    first = nn.TransformerEncoderLayer(4, 2, 3)
    stack = nn.TransformerEncoder(first, 2)
    one, two = (m.linear1.weight for m in stack.layers)
    np.testing.assert_array_equal(host(one), host(two))
    with bp.no_grad():
        one -= 1.0
    assert (host(one) != host(two)).all()
    assert (host(one) != host(first.linear1.weight)).all()


def test_activations() -> None:
    for activation in ("relu", "gelu", F.silu, nn.Tanh()):
        for layer in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer):
            module = layer(4, 2, 3, 0.0, activation)
            x = bp.ones((2, 1, 4))
            out = module(x) if layer is nn.TransformerEncoderLayer else module(x, x)
            assert out.shape == (2, 1, 4)
    assert "(activation): Tanh()" in repr(nn.TransformerEncoderLayer(4, 2, 3, 0.0, nn.Tanh()))


def test_where_the_batch_stands() -> None:
    """The same network, given the same sequences with their first two axes exchanged."""
    nets = [nn.Transformer(4, 2, 1, 1, 3, 0.0, batch_first=first) for first in (False, True)]
    nets[1].load_state_dict(nets[0].state_dict())
    src, tgt = (np.random.default_rng(i).normal(size=(n, 2, 4)) for i, n in enumerate((5, 3)))
    given = [bp.asarray(a, dtype="float32") for a in (src, tgt)]
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    one = nets[0](*given, tgt_mask=mask)
    two = nets[1](*[x.transpose(0, 1) for x in given], tgt_mask=mask)
    np.testing.assert_allclose(host(two.transpose(0, 1)), host(one), rtol=1e-5, atol=1e-6)


def test_custom_encoder_and_decoder() -> None:
    class Twice(nn.Module):
        def forward(self, x: Any, *memory: Any, **masks: Any) -> Any:
            return x * 2.0

    net = nn.Transformer(4, 2, custom_encoder=Twice(), custom_decoder=Twice())
    assert net(bp.ones((3, 1, 4)), bp.ones((2, 1, 4))).numpy().tolist() == [[[2.0] * 4]] * 2
    assert list(net.parameters()) == []


def test_square_subsequent_mask() -> None:
    mask = nn.Transformer.generate_square_subsequent_mask(3, dtype=bp.float64)
    assert mask.dtype == bp.float64
    expected = np.triu(np.full((3, 3), -np.inf), 1)
    np.testing.assert_array_equal(mask.numpy(), expected)
    assert nn.Transformer.generate_square_subsequent_mask(0).shape == (0, 0)


def test_a_causal_mask_is_recognised() -> None:
    """It is obeyed either way; recognised, the kernel skips what it hides."""
    seen = []
    layer = nn.TransformerEncoderLayer(4, 2, 3, 0.0)
    net = nn.TransformerEncoder(layer, 1)

    def look(module: Any, args: Any, kwargs: Any) -> None:
        seen.append(kwargs["is_causal"])

    net.layers[0].register_forward_pre_hook(look, with_kwargs=True)
    x, causal = bp.ones((3, 1, 4)), np.triu(np.full((3, 3), -np.inf), 1).astype("float32")
    for mask in (causal, causal < 0, np.zeros((3, 3), "float32"), None):
        net(x, None if mask is None else bp.asarray(mask))
    assert seen == [True, True, False, False]


# ----------------------------------------------------------------------------- errors

_X = np.ones((2, 3, 4))


@pytest.mark.parametrize(
    ("arguments", "kwargs", "error", "match"),
    [
        ((_X, _X[..., :3], _X), {}, ValueError, r"query has shape \(2, 3, 4\) and key \(2, 3, 3\)"),
        ((_X, _X, _X[:, :2]), {}, ValueError, "one value for each key"),
        ((_X, _X[[0, 0, 0]], _X[[0, 0, 0]]), {}, ValueError, "leading axes .* enable_gqa=True"),
        ((_X[0, 0], _X, _X), {}, ValueError, "query: got shape .4,., wanted at least two axes"),
        ((_X, _X.astype("float32"), _X), {}, TypeError, "query is float64 and key float32"),
        ((_X.astype(int), _X, _X), {}, TypeError, "query: got dtype int64, wanted real floating"),
        ((1.0, _X, _X), {}, TypeError, "query is a float, wanted a Tensor"),
        ((_X, _X, _X, np.ones((3, 2))), {}, ValueError, r"attn_mask: got shape \(3, 2\).*2, 3, 3"),
        ((_X, _X, _X, np.ones((5, 2, 3, 3))), {}, ValueError, "attn_mask: got shape"),
        ((_X, _X, _X, np.ones(3)), {}, ValueError, "attn_mask: .* wanted two axes or more"),
        ((_X, _X, _X, np.ones((3, 3), int)), {}, TypeError, "attn_mask: got dtype int64"),
        ((_X, _X, _X, np.ones((3, 3))), {"is_causal": True}, ValueError, "is_causal .*mask=None"),
        ((_X, _X, _X), {"dropout_p": 1.5}, ValueError, "dropout_p: got 1.5, wanted a probability"),
        ((_X[[0, 0, 0]], _X, _X), {"enable_gqa": True}, ValueError, "enable_gqa: .* a multiple"),
        ((_X[0], _X[0], _X[0]), {"enable_gqa": True}, ValueError, "wanted heads"),
    ],
)  # fmt: skip
def test_errors_of_the_function(arguments: Any, kwargs: Any, error: Any, match: str) -> None:
    given = [bp.asarray(a) if isinstance(a, np.ndarray) else a for a in arguments]
    with pytest.raises(error, match=match):
        attention(*given, **kwargs)


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"embed_dim": 4, "num_heads": 3}, "num_heads: got 3, wanted a divisor of embed_dim = 4"),
        ({"embed_dim": 0, "num_heads": 1}, "embed_dim: got 0, wanted a whole number"),
        ({"embed_dim": 4, "num_heads": 0}, "num_heads: got 0"),
        ({"embed_dim": 4, "num_heads": 2, "kdim": -1}, "kdim: got -1"),
        ({"embed_dim": 4, "num_heads": 2, "dropout": 2.0}, "dropout: got 2.0"),
    ],
)
def test_errors_of_making_heads(kwargs: Any, match: str) -> None:
    with pytest.raises(ValueError, match=f"MultiheadAttention: {match}"):
        nn.MultiheadAttention(**kwargs)


_Q, _K = np.ones((3, 2, 4), "float32"), np.ones((5, 2, 4), "float32")


@pytest.mark.parametrize(
    ("arguments", "call", "error", "match"),
    [
        ((_Q, _K, _K), {"key_padding_mask": np.ones((2, 3), bool)}, ValueError,
         r"key_padding_mask: got shape \(2, 3\), wanted \(N, keys\) = \(2, 5\)"),
        ((_Q[:, 0], _K[:, 0], _K[:, 0]), {"key_padding_mask": np.ones(3, bool)}, ValueError,
         r"key_padding_mask: got shape \(3,\), wanted \(keys,\) = \(5,\)"),
        ((_Q, _K, _K), {"attn_mask": np.ones((5, 3), bool)}, ValueError,
         r"attn_mask: got shape \(5, 3\), wanted \(queries, keys\) = \(3, 5\), or .* \(4, 3, 5\)"),
        ((_Q, _K, _K), {"attn_mask": np.ones((3, 5), int)}, TypeError, "attn_mask: got dtype"),
        ((_Q, _K, _K), {"is_causal": True}, ValueError, "is_causal says that attn_mask"),
        ((_Q, _K, _K[:4]), {}, ValueError, "one value for each key"),
        ((_Q, _K[:, :1], _K[:, :1]), {}, ValueError, "same number of samples"),
        ((_Q[..., :3], _K, _K), {}, ValueError, "query: got 3 features .* embed_dim = 4"),
        ((_Q, _K[0], _K[0]), {}, ValueError, r"key: got shape \(2, 4\), wanted"),
        ((_Q.astype("float64"), _K, _K), {}, TypeError, "float64 and the weight float32"),
    ],
)  # fmt: skip
def test_errors_of_heads(arguments: Any, call: Any, error: Any, match: str) -> None:
    layer = nn.MultiheadAttention(4, 2)
    with pytest.raises(error, match=match):
        layer(*map(bp.asarray, arguments), **{
            k: bp.asarray(v) if isinstance(v, np.ndarray) else v for k, v in call.items()
        })  # fmt: skip


def test_errors_of_transformers() -> None:
    with pytest.raises(ValueError, match="activation: got 'tanh', wanted 'relu', 'gelu'"):
        nn.TransformerEncoderLayer(4, 2, activation="tanh")
    with pytest.raises(ValueError, match="TransformerEncoder: num_layers: got 0"):
        nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 3), 0)
    with pytest.raises(TypeError, match="TransformerDecoder: the layer is a type"):
        nn.TransformerDecoder(nn.TransformerDecoderLayer, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="divisor of embed_dim = 4"):
        nn.TransformerDecoderLayer(4, 3)
    net = nn.Transformer(4, 2, 1, 1, 3)
    with pytest.raises(ValueError, match=r"tgt: got shape \(2, 1, 3\)"):
        net(bp.ones((2, 1, 4)), bp.ones((2, 1, 3)))
    with pytest.raises(ValueError, match="same number of samples"):
        net(bp.ones((2, 1, 4)), bp.ones((2, 3, 4)))
