"""Attention with its heads shared between threads: the bits of `cpu/attention.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp
from backends.cpu import attention as plain
from backends.cpu.compiled import available

pytestmark = pytest.mark.skipif(not available(), reason="needs Numba")

if available():
    from backends.cpu.programs import attentions, kernels, shared, team

    if not kernels.available():
        pytest.skip("NumPy's BLAS has no CBLAS that can be called", allow_module_level=True)

SIZES = {
    # name: heads, queries, keys, depth, width
    "one block": ((3, 4), 64, 64, 8, 8),
    "many blocks": ((2, 3), 200, 200, 16, 24),
    "few keys": ((2, 2), 100, 50, 8, 12),
    "many keys": ((2, 2), 40, 300, 8, 12),
    "no stack": ((), 70, 33, 5, 7),
    "one axis": ((5,), 20, 20, 3, 2),
    "one more": ((2, 2), 65, 65, 8, 8),
    "one more, few keys": ((2, 2), 129, 40, 8, 6),
}


def bits(arrays: Any) -> list[Any]:
    arrays = [np.ascontiguousarray(a) for a in arrays]
    return [np.where(a != a, 0, a.view(f"u{a.itemsize}")) for a in arrays]


def given(name: str, dtype: str, strided: bool = False, factor: float = 1.0) -> list[Any]:
    """q, k and v, and the gradient of the result."""
    stack, queries, keys, depth, width = SIZES[name]
    rng = np.random.default_rng(0)
    made = []
    for n, m in ((queries, depth), (keys, depth), (keys, width), (queries, width)):
        shape = (*stack[:-1], n, *stack[-1:], m) if strided else (*stack, n, m)
        a = (rng.normal(size=shape) * factor).astype(dtype)
        made.append(a.swapaxes(-2, -3) if strided and stack else a)
    return made


def forms() -> tuple[Any, Any]:
    """Fresh ones, which have tried nothing."""
    known = (attentions.FORMS[f] for f in (plain.attention, plain.attention_grad))
    first, second = (attentions.Attention(f.plain, f.file, f.names, f._describe) for f in known)
    return first, second


def used(form: Any) -> bool:
    return None not in form._known.values()


@pytest.fixture(params=[1, 2, 3])
def hands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """As on a machine of so many cores, with every head worth sharing."""
    monkeypatch.setattr(team, "hands", lambda: request.param)
    monkeypatch.setattr(shared, "WORK", 64)
    return int(request.param)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("factor", [1.0, 9.0])
@pytest.mark.parametrize("name", SIZES)
def test_the_bits_of_the_plain_functions(
    name: str, factor: float, strided: bool, causal: bool, dtype: str, hands: int
) -> None:
    """With scores that are small, and such as have to have their largest taken off."""
    q, k, v, g = given(name, dtype, strided, factor)
    attention, grad = forms()
    scale = q.shape[-1] ** -0.5
    out = attention(q, k, v, None, scale=scale, causal=causal)
    want = plain.attention(q, k, v, None, scale=scale, causal=causal)
    assert [a.shape for a in out] == [a.shape for a in want]
    assert all(map(np.array_equal, bits(out), bits(want)))
    of_lse = np.random.default_rng(1).normal(size=want[1].shape).astype(dtype)
    how = {"scale": scale, "causal": causal, "learned": False}
    for more in (None, of_lse):
        gradients = grad(q, k, v, None, *want, g, more, **how)
        wanted = plain.attention_grad(q, k, v, None, *want, g, more, **how)
        assert [a.shape for a in gradients] == [a.shape for a in wanted]
        assert all(map(np.array_equal, bits(gradients), bits(wanted)))
    assert used(attention)
    assert used(grad)


MASKS = {
    # its shape, for 2 heads of 3 samples, 70 queries and 50 keys
    "all": (3, 2, 70, 50),
    "pairs": (70, 50),
    "samples": (3, 1, 70, 50),
    "heads": (2, 70, 50),
    "padding": (3, 1, 1, 50),
    "queries": (70, 1),
}


@pytest.mark.parametrize("kind", ["float32", "bool"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("shape", MASKS.values(), ids=list(MASKS))
def test_masks(shape: tuple[int, ...], causal: bool, kind: str, hands: int) -> None:
    """Some queries see nothing."""
    rng = np.random.default_rng(0)
    q, k, v, g = (
        rng.normal(size=(3, 2, n, m)).astype("float32")
        for n, m in ((70, 6), (50, 6), (50, 9), (70, 9))
    )
    seen = rng.random(shape) < 0.6
    if shape[-2] > 1:
        seen[..., 5, :] = False
    mask = seen if kind == "bool" else np.where(seen, rng.normal(size=shape), -np.inf)
    mask = mask.astype(kind)
    attention, grad = forms()
    want = plain.attention(q, k, v, mask, scale=0.4, causal=causal)
    out = attention(q, k, v, mask, scale=0.4, causal=causal)
    assert all(map(np.array_equal, bits(out), bits(want)))
    how = {"scale": 0.4, "causal": causal, "learned": False}
    wanted = plain.attention_grad(q, k, v, mask, *want, g, None, **how)
    gradients = grad(q, k, v, mask, *want, g, None, **how)
    assert all(map(np.array_equal, bits(gradients), bits(wanted)))
    assert used(attention)
    assert used(grad)


def test_keys_of_several_heads_for_one() -> None:
    q, _, _, g = given("one block", "float32")
    k, v = (a[:, :1] for a in given("one block", "float32", factor=0.5)[1:3])
    attention, grad = forms()
    out = attention(q, k, v, None, scale=0.3, causal=True)
    assert all(
        map(np.array_equal, bits(out), bits(plain.attention(q, k, v, None, scale=0.3, causal=True)))
    )
    how = {"scale": 0.3, "causal": True, "learned": False}
    assert all(
        map(
            np.array_equal,
            bits(grad(q, k, v, None, *out, g, None, **how)),
            bits(plain.attention_grad(q, k, v, None, *out, g, None, **how)),
        )
    )
    assert used(attention)
    assert used(grad)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e38])
def test_numbers_that_are_not_finite(value: float) -> None:
    q, k, v, g = given("few keys", "float32")
    q[0, 1, 3, 2] = k[1, 0, 5, 1] = v[1, 1, 7, 0] = value
    attention, grad = forms()
    with np.errstate(all="ignore"):
        want = plain.attention(q, k, v, None, scale=0.4, causal=True)
        out = attention(q, k, v, None, scale=0.4, causal=True)
        assert all(map(np.array_equal, bits(out), bits(want)))
        how = {"scale": 0.4, "causal": True, "learned": False}
        wanted = plain.attention_grad(q, k, v, None, *want, g, None, **how)
        gradients = grad(q, k, v, None, *want, g, None, **how)
    assert all(map(np.array_equal, bits(gradients), bits(wanted)))


def test_what_goes_to_the_plain_function() -> None:
    """Few queries, no heads, vectors of one number, another order, more than one dtype."""
    q, k, v, _ = given("one block", "float32")
    mask = np.zeros((64, 64), "float64")
    turned = np.ascontiguousarray(q.mT).mT
    for a, b, c, m in (
        (q, k, v, mask),
        (q[..., :8, :], k, v, None),
        (q[:0], k[:0], v[:0], None),
        (q[..., :1], k[..., :1], v, None),
        (turned, k, v, None),
        (q, k.astype("float64"), v, None),
    ):
        attention, _ = forms()
        out = attention(a, b, c, m, scale=0.3, causal=False)
        want = plain.attention(a, b, c, m, scale=0.3, causal=False)
        assert all(map(np.array_equal, bits(out), bits(want)))
        assert not used(attention)


def test_a_captured_transformer(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    run = shared.Shared._run

    def counted(self: Any, call: Any, how: Any) -> None:
        calls.append(call.kernel)
        run(self, call, how)

    monkeypatch.setattr(shared.Shared, "_run", counted)
    results = []
    mask = bp.nn.Transformer.generate_square_subsequent_mask(20)
    for captured in (False, True):
        bp.manual_seed(0)
        layer = bp.nn.TransformerEncoderLayer(
            16, 2, 32, dropout=0.0, activation="gelu", batch_first=True
        )
        head = bp.nn.Linear(16, 5)
        optimizer = bp.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.01)

        def step(x: Any, y: Any, layer=layer, head=head, optimizer=optimizer) -> Any:
            optimizer.zero_grad()
            out = head(layer(x, src_mask=mask, is_causal=True))
            loss = bp.nn.functional.cross_entropy(out.reshape((-1, 5)), y)
            loss.backward()
            optimizer.step()
            return loss

        do = bp.capture(step, compile=True) if captured else step
        data = [(bp.randn((4, 20, 16)), bp.arange(80) % 5) for _ in range(5)]
        results.append([do(x, y).item() for x, y in data])
        results[-1] += [p.detach().numpy().tobytes() for p in layer.parameters()]
    assert results[0] == results[1]
    assert {*calls} == {"attention", "attention_grad"}
