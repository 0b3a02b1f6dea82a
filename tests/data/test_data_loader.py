"""DataLoader: epochs, orders, resuming, streaming, devices."""

import numpy as np
import pytest

import backends
import backprop as bp
from backprop.data import DataLoader, Dataset, loader

X = np.arange(20.0).reshape(10, 2)
Y = np.arange(10)


def labels(batches):
    return [y.tolist() for _, y in batches]


@pytest.fixture
def tight(monkeypatch):
    """A device on which nothing fits."""
    monkeypatch.setattr(loader, "fits", lambda nbytes, backend: False)


@pytest.mark.parametrize("device", ["cpu", "strict"])
def test_in_order_with_a_short_last_batch(device):
    batches = DataLoader((X, Y), 4, device=device)
    assert labels(batches) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(batches) == 3
    for x, y in batches:
        assert isinstance(x, bp.Tensor)
        assert x.device == y.device == device
        assert np.array_equal(x.numpy(), X[y.tolist()])
    dropped = DataLoader((X, Y), 4, drop_last=True, device=device)
    assert (len(dropped), labels(dropped)) == (2, [[0, 1, 2, 3], [4, 5, 6, 7]])


def test_batches_in_order_are_views():
    x, _ = next(iter(DataLoader((X, Y), 4)))
    assert np.shares_memory(x.numpy(), X)


@pytest.mark.parametrize("size", [None, 10, 11, 1000])
def test_full_batch(size):
    batches = DataLoader((X, Y), size, drop_last=True)
    assert labels(batches) == [list(range(10))]


def test_one_sample_at_a_time_without_replacement():
    epoch = labels(DataLoader((X, Y), 1, shuffle=True, seed=0))
    assert sorted(epoch) == [[i] for i in range(10)]
    assert epoch != sorted(epoch)


@pytest.mark.parametrize("streams", [False, True])
def test_shuffled_epochs_differ_and_repeat_with_the_seed(streams, monkeypatch, tmp_path):
    x = X
    if streams:
        monkeypatch.setattr(loader, "fits", lambda nbytes, backend: False)
        np.save(tmp_path / "x.npy", X)
        x = np.load(tmp_path / "x.npy", mmap_mode="r")
    one, two = (DataLoader((x, Y), 3, shuffle=True, seed=7) for _ in range(2))
    assert one.streams is streams
    first, second = labels(one), labels(one)
    assert first != second
    assert sorted(i for batch in first for i in batch) == list(range(10))
    assert [labels(two), labels(two)] == [first, second]
    assert labels(DataLoader((x, Y), 3, shuffle=True, seed=8)) != first
    for xb, yb in one:
        assert np.array_equal(xb.numpy(), X[yb.tolist()])


def test_same_order_on_every_device_and_when_streaming(monkeypatch, tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    wanted = labels(DataLoader((X, Y), 3, shuffle=True, seed=5))
    assert labels(DataLoader((X, Y), 3, shuffle=True, seed=5, device="strict")) == wanted
    monkeypatch.setattr(loader, "fits", lambda nbytes, backend: False)
    for device in ("cpu", "strict"):
        batches = DataLoader((mapped, Y), 3, shuffle=True, seed=5, device=device)
        assert batches.streams
        assert labels(batches) == wanted


def test_default_seed_is_that_of_manual_seed():
    bp.manual_seed(3)
    a = labels(DataLoader((X, Y), 3, shuffle=True))
    assert a == labels(DataLoader((X, Y), 3, shuffle=True, seed=3))
    bp.manual_seed(4)
    assert a != labels(DataLoader((X, Y), 3, shuffle=True))
    bp.manual_seed(0)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("after", [0, 2, 4, 5])
def test_resume_between_and_within_epochs(own, after):
    def make():
        if own:
            return DataLoader((X, Y), 3, shuffle=True, seed=1)
        return DataLoader((X, Y), 3, shuffle=True, generator=backends.Generator(1))

    through = make()
    wanted = labels(through) + labels(through) + labels(through)
    stopped, given, state = make(), [], None
    while state is None:
        state = stopped.get_state() if after == 0 else None
        for _, y in stopped if after else []:
            given.append(y.tolist())
            if len(given) == after:
                state = stopped.get_state()
                break
    resumed = make()
    resumed.set_state({k: int(v) for k, v in state.items()})
    while len(given) < len(wanted):
        given += labels(resumed)
    assert given == wanted


def test_own_generator_follows_the_seed_of_a_state():
    a, b = (DataLoader((X, Y), 3, shuffle=True, seed=s) for s in (1, 2))
    b.set_state(a.get_state())
    assert labels(a) == labels(b)


@pytest.mark.parametrize("device", ["cpu", "strict"])
def test_streaming_reads_no_more_than_a_batch(device, tight, tmp_path):
    np.save(tmp_path / "x.npy", X.astype("float64"))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    reads = []

    class Watched(np.memmap):
        def __getitem__(self, index):
            out = super().__getitem__(index)
            if self.shape == X.shape:
                reads.append(len(out))
            return np.asarray(out)

    batches = DataLoader(
        (x.view(Watched), Y), 4, shuffle=True, seed=0, device=device, dtype="float32"
    )
    assert batches.streams
    seen = list(batches)
    assert max(reads, default=4) == 4
    assert reads or device == "strict"  # which takes the map for a plain array
    for xb, yb in seen:
        assert xb.dtype == np.float32
        assert xb.device == device
        assert np.array_equal(xb.numpy(), X[yb.tolist()].astype("float32"))
    assert "streamed" in repr(batches)


def test_streaming_subset_of_a_memory_map(tight, tmp_path):
    np.save(tmp_path / "x.npy", X)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    part = Dataset(x, Y).subset([9, 3, 5, 0])
    batches = DataLoader(part, 3)
    assert batches.streams
    assert [xb.tolist() for xb, _ in batches] == [X[[9, 3, 5]].tolist(), X[[0]].tolist()]


def test_memory_map_that_fits_becomes_resident(tmp_path):
    np.save(tmp_path / "x.npy", X)
    batches = DataLoader((np.load(tmp_path / "x.npy", mmap_mode="r"), Y), 3)
    assert not batches.streams
    assert "resident" in repr(batches)


def test_arrays_in_memory_do_not_stream_where_they_are_already(tight):
    assert not DataLoader((X, Y), 3).streams
    assert not DataLoader((X, Y), 3, dtype="float64").streams
    assert DataLoader((X, Y), 3, dtype="float32").streams


def test_what_fits_is_a_part_of_free_memory():
    class Small:
        def memory(self):
            return backends.Memory(used=200, peak=None, total=1000)

    class Unknown:
        def memory(self):
            return backends.Memory(None, None, None)

    assert loader.fits(400, Small())
    assert not loader.fits(401, Small())
    assert loader.fits(10**18, Unknown())


@pytest.mark.parametrize("device", ["cpu", "strict"])
@pytest.mark.parametrize("streams", [False, True])
def test_bytes_are_scaled_a_batch_at_a_time(device, streams, monkeypatch, tmp_path):
    data = np.arange(200, dtype="uint8").reshape(10, 20)
    x = data
    if streams:
        monkeypatch.setattr(loader, "fits", lambda nbytes, backend: False)
        np.save(tmp_path / "x.npy", data)
        x = np.load(tmp_path / "x.npy", mmap_mode="r")
    batches = DataLoader(
        (x, Y), 4, dtype="float32", device=device, transform=lambda t: t * (1 / 255) - 0.5
    )
    assert batches.streams is streams
    assert batches.x.nbytes == 200 if device == "cpu" else True
    for xb, yb in batches:
        assert xb.dtype == np.float32
        np.testing.assert_allclose(xb.numpy(), data[yb.tolist()] / 255 - 0.5, atol=1e-7)


def test_dtype_casts_x_and_float_targets_only():
    x, y = next(iter(DataLoader((X, X[:, :1]), 4, dtype="float32")))
    assert x.dtype == y.dtype == np.float32
    x, y = next(iter(DataLoader((X.astype("uint8"), Y), 4, dtype="float64")))
    assert (x.dtype, y.dtype) == (np.float64, np.int64)
    x, _ = next(iter(DataLoader((X.astype("uint8"), Y), 4)))
    assert x.dtype == np.uint8


def test_tensors_and_strict_arrays_as_data():
    pair = bp.asarray(X), bp.asarray(Y)
    assert labels(DataLoader(pair, 5)) == labels(DataLoader((X, Y), 5))
    strict = bp.asarray(X, device="strict"), bp.asarray(Y, device="strict")
    x, y = next(iter(DataLoader(strict, 5)))
    assert x.device == y.device == "strict"


def test_every_epoch_sees_every_row_once_for_any_sizes():
    for n in (1, 2, 7):
        for size in (1, 2, 3, 8):
            for drop in (False, True):
                batches = DataLoader((np.zeros((n, 1)), np.arange(n)), size, shuffle=True, seed=n,
                                     drop_last=drop)  # fmt: skip
                epoch = labels(batches)
                assert len(epoch) == len(batches)
                rows = sorted(i for batch in epoch for i in batch)
                assert len(set(rows)) == len(rows) == (len(batches) * min(size, n) if drop else n)
