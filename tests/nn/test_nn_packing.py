"""Sequences of different lengths: padded, packed, and through recurrent layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import nn
from backprop.nn.utils import rnn

RNG = np.random.default_rng(0)
LENGTHS = [2, 4, 1, 4]
X = RNG.normal(size=(5, 4, 3))  # one step more than any sequence has


def test_packing_by_hand(backend: Any) -> None:
    """Sequences [1, 2], [3], [4, 5, 6]: sorted the last, the first, the second."""
    parts = [bp.asarray(v, device=backend.name) for v in ([1.0, 2.0], [3.0], [4.0, 5.0, 6.0])]
    padded = rnn.pad_sequence(parts, padding_value=-1.0)
    assert padded.tolist() == [[1, 3, 4], [2, -1, 5], [-1, -1, 6]]
    packed = rnn.pack_sequence(parts, enforce_sorted=False)
    assert packed.data.tolist() == [4, 1, 3, 5, 2, 6]
    assert packed.data.device == backend.name
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices.tolist() == [2, 0, 1]
    assert packed.unsorted_indices.tolist() == [1, 2, 0]
    back, lengths = rnn.pad_packed_sequence(packed, padding_value=-1.0)
    assert back.tolist() == padded.tolist()
    assert lengths.tolist() == [2, 1, 3]
    assert [p.tolist() for p in rnn.unpack_sequence(packed)] == [[1, 2], [3], [4, 5, 6]]
    left = rnn.pad_sequence(parts, batch_first=True, padding_side="left")
    assert left.tolist() == [[0, 1, 2], [0, 0, 3], [4, 5, 6]]
    longer, _ = rnn.pad_packed_sequence(packed, batch_first=True, total_length=4)
    assert longer.tolist() == [[1, 2, 0, 0], [3, 0, 0, 0], [4, 5, 6, 0]]


def _layer(kind: str, **kwargs: Any) -> Any:
    bp.manual_seed(1)
    return getattr(nn, kind)(3, 4, 2, bidirectional=True, dtype="float64", **kwargs)


@pytest.mark.parametrize(
    ("kind", "kwargs"), [("RNN", {}), ("LSTM", {}), ("GRU", {}), ("LSTM", {"proj_size": 2})]
)
def test_packed_is_each_sequence_alone(kind: str, kwargs: Any) -> None:
    """Values, last states and gradients, in both directions; the padding is nobody's business."""
    layer = _layer(kind, **kwargs)
    x = bp.asarray(X, requires_grad=True)
    out, last = layer(rnn.pack_padded_sequence(x, LENGTHS, enforce_sorted=False))
    padded, lengths = rnn.pad_packed_sequence(out)
    assert lengths.tolist() == LENGTHS
    weights = bp.asarray(RNG.normal(size=padded.shape))
    ((padded * weights).sum() + (last[0] if kind == "LSTM" else last).sum()).backward()
    slopes = {k: p.grad.numpy().copy() for k, p in layer.named_parameters()}
    layer.zero_grad()
    packed_slope, x.grad = x.grad.numpy().copy(), None
    for i, n in enumerate(LENGTHS):
        alone, end = layer(x[:n, i])
        np.testing.assert_allclose(
            padded[:n, i].detach().numpy(), alone.detach().numpy(), rtol=1e-12
        )
        assert not padded[n:, i].detach().numpy().any()
        ends, lasts = (end, last) if kind == "LSTM" else ((end,), (last,))
        for one, all_of_them in zip(ends, lasts, strict=True):
            np.testing.assert_allclose(
                all_of_them[:, i].detach().numpy(), one.detach().numpy(), rtol=1e-12
            )
        ((alone * weights[:n, i]).sum() + ends[0].sum()).backward()
    np.testing.assert_allclose(packed_slope, x.grad.numpy(), rtol=1e-10, atol=1e-14)
    for name, parameter in layer.named_parameters():
        np.testing.assert_allclose(slopes[name], parameter.grad.numpy(), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("lengths", [[4, 3, 3, 1], [2, 4, 1, 4]])
def test_packed_is_pytorchs(kind: str, lengths: list[int], torch: Any, backend: Any) -> None:
    """The packed data and their order, and the states given and returned."""
    ours = _layer(kind)
    theirs = getattr(torch.nn, kind)(3, 4, 2, bidirectional=True).double()
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    ours.to(backend.name)
    states = [RNG.normal(size=(4, 4, 4)) for _ in range(2 if kind == "LSTM" else 1)]
    in_order = lengths == sorted(lengths, reverse=True)

    def run(layer: Any, utils: Any, make: Any) -> list[np.ndarray]:
        hx = tuple(make(s) for s in states)
        packed = utils.pack_padded_sequence(make(X), lengths, enforce_sorted=in_order)
        out, last = layer(packed, hx if len(hx) == 2 else hx[0])
        assert (out.sorted_indices is None) == in_order
        found = [packed.data, out.data, out.batch_sizes, *(last if len(hx) == 2 else (last,))]
        found += [*utils.pad_packed_sequence(out, True, 7.0, 6)]
        return [f.detach().numpy() for f in found]

    got = run(ours, rnn, lambda a: bp.asarray(a, device=backend.name))
    wanted = run(theirs, torch.nn.utils.rnn, torch.tensor)
    for g, w in zip(got, wanted, strict=True):
        assert g.dtype == w.dtype
        np.testing.assert_allclose(g, w, rtol=1e-11)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x: rnn.pack_padded_sequence(x, [1, 2, 1, 1]), ValueError, "the longest first"),
        (lambda x: rnn.pack_padded_sequence(x, [4, 3]), ValueError, "wanted 4 whole numbers from"),
        (lambda x: rnn.pack_padded_sequence(x, [4, 3, 2, 0]), ValueError, "from 1 to 5"),
        (lambda x: rnn.pack_padded_sequence(x, [6, 3, 2, 1]), ValueError, "from 1 to 5"),
        (lambda x: rnn.pack_padded_sequence(X, [4, 3, 2, 1]), TypeError, "input: got ndarray"),
        (lambda x: rnn.pad_packed_sequence(x), TypeError, "wanted a PackedSequence"),
        (lambda x: rnn.pad_packed_sequence(rnn.pack_sequence([x]), total_length=2), ValueError,
         "total_length: got 2, wanted at least 5"),
        (lambda x: rnn.pad_sequence([]), ValueError, "got none, wanted at least one"),
        (lambda x: rnn.pad_sequence([x, x[:, :1]]), ValueError, "wanted them alike"),
        (lambda x: rnn.pad_sequence([x], padding_side="up"), ValueError, "padding_side: got 'up'"),
    ],
)  # fmt: skip
def test_what_is_refused(call: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        call(bp.asarray(X))
