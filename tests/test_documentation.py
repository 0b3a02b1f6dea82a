"""What the documentation shows is true: the README's code and the docstrings' examples run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import backends
import backprop as bp

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = {"backends.cuda.kernels", "backprop.cli.__main__"}  # needs CuPy; runs the command


def _modules() -> list[str]:
    names = []
    for package in (backends, bp):
        names.append(package.__name__)
        found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names += [m.name for m in found if m.name not in OPTIONAL]
    return names


@pytest.mark.parametrize("name", _modules())
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    bp.manual_seed(0)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testmod(module, optionflags=flags).failed == 0


def test_the_readme(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its Python blocks run, one after another, and give what the comments beside them say."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) >= 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    x = names["x"]
    assert isinstance(x, bp.Tensor)
    assert repr(x.grad) == "tensor([2., 4.])"
    assert repr(bp.grad(bp.grad(lambda t: t**3))(2.0)) == "tensor(12.)"
    cube = names["cube"]
    slope = bp.grad(lambda t: cube(t))  # type: ignore[operator]
    assert float(slope(2.0)) == 12.0
    assert float(bp.grad(slope)(2.0)) == 12.0
    assert "val_accuracy" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "BENCHMARKS.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), f"{name} points to {target}"
