"""Gives the tests of `common.py` the cases of the module that imports them."""

from __future__ import annotations

import pytest

TABLES = {
    "valued": ("WORKS", "CONSTANT"),
    "works": ("WORKS",),
    "constant": ("CONSTANT",),
    "refused": ("REFUSED",),
}
"""The parameters of tests, and the tables of a module's `cases` that they go through."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for parameter, tables in TABLES.items():
        if parameter in metafunc.fixturenames:
            cases = [c for table in tables for c in getattr(metafunc.module.cases, table)]
            metafunc.parametrize(parameter, [pytest.param(c, id=c.name) for c in cases])
