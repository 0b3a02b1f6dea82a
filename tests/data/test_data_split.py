"""Splits: exact partitions, stratified, the same for the same seed."""

import numpy as np
import pytest

from backprop.data import split


@pytest.mark.parametrize("n", [3, 4, 5, 10, 11, 97, 1000, 1797])
@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.1), (0.9, 0.05, 0.05), (1 / 3, 1 / 3, 1 / 3)])
@pytest.mark.parametrize("stratified", [False, True])
def test_exact_partition_without_empty_parts(n, fractions, stratified):
    labels = np.arange(n) % 7 if stratified else None
    parts = split(n, fractions, seed=n, stratify=labels)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    for part, fraction in zip(parts, fractions, strict=True):
        assert len(part) >= 1
        assert abs(len(part) - fraction * n) <= (8 if stratified else 2)
        assert np.array_equal(part, np.sort(part))


def test_same_seed_same_parts():
    first, again, other = (split(100, seed=s) for s in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])


def test_stratified_parts_keep_the_proportions():
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    for part, share in zip(split(labels, seed=3), (0.8, 0.1, 0.1), strict=True):
        assert np.bincount(labels[part]).tolist() == [600 * share, 300 * share, 100 * share]


@pytest.mark.parametrize("seed", range(5))
def test_every_class_is_in_the_training_part(seed):
    labels = np.concatenate([np.zeros(500, int), np.repeat(np.arange(1, 60), 3), [60, 61, 61]])
    for fractions in ((0.8, 0.1, 0.1), (0.1, 0.45, 0.45)):
        parts = split(labels, fractions, seed=seed)
        assert set(labels[parts[0]]) == set(labels)
        assert sum(map(len, parts)) == len(labels)


def test_text_labels_and_zero_fractions():
    train, none, test = split(["a", "b"] * 10, (0.5, 0, 0.5))
    assert (len(train), len(none), len(test)) == (10, 0, 10)


def test_sorted_rows_are_mixed():
    train = split(1000, (0.5, 0.5), seed=0)[0]
    assert 200 < (train < 500).sum() < 300


@pytest.mark.parametrize(
    ("n", "fractions", "says"),
    [
        (10, (0.8, 0.1), "sum 0.9, wanted a sum of 1"),
        (10, (1.2, -0.2), "wanted none below 0"),
        (10, (0.0, 1.0), "the training part"),
        (10, (), "wanted numbers such as"),
        (10, "half", "wanted numbers such as"),
        (10, 0.8, "wanted numbers such as"),
        (10, (0.5, float("nan")), "wanted numbers such as"),
        (2, (0.8, 0.1, 0.1), "got 3 parts of 2 rows"),
        (0, (1.0,), "got 1 parts of 0 rows"),
    ],
)
def test_bad_fractions(n, fractions, says):
    with pytest.raises(ValueError, match=says):
        split(n, fractions)


def test_stratify_of_another_length():
    with pytest.raises(ValueError, match=r"stratify: got shape \(3,\), wanted \(4,\)"):
        split(4, (0.5, 0.5), stratify=[0, 1, 0])
