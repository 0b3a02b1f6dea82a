"""The tests that every library's cases go through (`conftest.py` hands them out)."""

from __future__ import annotations

from others_cases import (
    Constant,
    Refused,
    Works,
    check_against_torch,
    check_derivatives,
    check_no_gradient,
    check_refused,
    check_value,
)

__all__ = [
    "test_against_torch",
    "test_derivatives",
    "test_no_gradient",
    "test_refused",
    "test_value",
]


def test_value(valued: Works | Constant) -> None:
    check_value(valued)


def test_derivatives(works: Works) -> None:
    check_derivatives(works)


def test_against_torch(works: Works) -> None:
    check_against_torch(works)


def test_no_gradient(constant: Constant) -> None:
    check_no_gradient(constant)


def test_refused(refused: Refused) -> None:
    check_refused(refused)
