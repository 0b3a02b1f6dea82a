"""Dataset: what it checks, what its parts are."""

import numpy as np
import pytest

import backprop.data as bpd
from backprop.data.dataset import Rows, on_disk


def test_tells_the_task_from_the_dtype_of_y():
    x = np.zeros((3, 2))
    assert bpd.Dataset(x, np.array([0, 2, 1])).task == "classification"
    assert bpd.Dataset(x, np.array([0, 2, 1])).classes == ["0", "1", "2"]
    numbers = bpd.Dataset(x, np.array([0.5, 2.0, 1.0], dtype="float32"))
    assert (numbers.task, numbers.y.shape, numbers.y.dtype) == ("regression", (3, 1), np.float32)
    assert bpd.Dataset(x, [1, 2, 3], "regression").y.dtype == np.float64


def test_subset_by_indices_slice_and_mask():
    data = bpd.Dataset(np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1]))
    assert data.subset([3, -4]).x.tolist() == [[6, 7], [0, 1]]
    assert data.subset(slice(1, 3)).y.tolist() == [1, 0]
    assert len(data.subset(np.array([True, False, False, True]))) == 2
    with pytest.raises(IndexError, match="got 4, wanted 0 to 3"):
        data.subset([4])


def test_describe_says_rows_features_and_classes():
    data = bpd.Dataset(np.zeros((2, 3)), np.array([0, 1]), classes=["no", "yes"], name="t")
    assert data.describe() == "t: 2 rows, 3 features, 2 classes (no, yes)"
    many = bpd.Dataset(np.zeros((30, 1)), np.arange(30))
    assert many.describe() == "data: 30 rows, 1 feature, 30 classes (0, 1, 2, ..., 29)"
    two = bpd.Dataset(np.zeros((2, 4, 4)), np.zeros((2, 2)))
    assert two.describe() == "data: 2 rows, 4x4 features, 2 numbers to predict"


def test_rows_of_a_memory_map_are_read_when_asked_for(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(20.0).reshape(10, 2))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    part = bpd.Dataset(x, np.arange(10) % 2).subset([7, 1, 4])
    assert isinstance(part.x, Rows)
    assert on_disk(x[2:])
    assert not on_disk(np.zeros(3))
    assert np.array(part.x).tolist() == [[14, 15], [2, 3], [8, 9]]
    again = part.subset([2, 0])
    assert isinstance(again.x, Rows)
    assert again.x[:].tolist() == [[8, 9], [14, 15]]
    assert part.x.nbytes == 48


def test_digits_ship_with_the_package():
    data = bpd.digits()
    assert data.x.shape == (1797, 64)
    assert data.x.dtype == np.uint8
    assert (int(data.x.min()), int(data.x.max())) == (0, 16)
    assert np.bincount(data.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert data.x.flags.c_contiguous
