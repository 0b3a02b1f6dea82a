"""The examples in the docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import backprop.data

MODULES = [m.name for m in pkgutil.iter_modules(backprop.data.__path__, "backprop.data.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_public_names_have_docstrings():
    for name in backprop.data.__all__:
        assert getattr(backprop.data, name).__doc__
