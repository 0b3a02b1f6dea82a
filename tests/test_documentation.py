"""What the documentation shows is true: the code of the README, of docs/ and of docstrings runs."""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path

import pytest

import backends
import backprop as bp

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = re.compile(r"backends\.cuda\.(?!diagnose)|backprop\.cli\.__main__")
"""What needs CuPy, and what runs the command."""


def _modules() -> list[str]:
    names = []
    for package in (backends, bp):
        names.append(package.__name__)
        found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names += [m.name for m in found if not OPTIONAL.match(m.name)]
    return names


@pytest.mark.parametrize("name", _modules())
def test_examples_in_docstrings(name: str) -> None:
    module = importlib.import_module(name)
    bp.manual_seed(0)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testmod(module, optionflags=flags).failed == 0


def _run(text: str) -> tuple[dict[str, object], list[tuple[str, str, str]]]:
    """Run the Python blocks of a page, one after another. What is left of the names, and
    (code, what the comment behind it says, what it gave) for each expression with a comment: what
    it printed, or its value as the prompt would show it. `...` stands for anything."""
    names: dict[str, object] = {}
    found = []
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        lines = block.encode().splitlines()
        for node in ast.parse(block).body:
            if not isinstance(node, ast.Expr):
                exec(compile(ast.Module([node], []), "page", "exec"), names)
                continue
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                value = eval(compile(ast.Expression(node.value), "page", "eval"), names)
            print(printed.getvalue(), end="")
            assert node.end_lineno is not None
            behind = lines[node.end_lineno - 1][node.end_col_offset :].decode()
            if said := re.match(r"\s*#\s*(.+)", behind):
                got = repr(value) if value is not None else printed.getvalue()
                found.append((ast.unparse(node), said[1], got))
    return names, found


def _wrong(found: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    check = doctest.OutputChecker().check_output
    return [(code, said, got) for code, said, got in found if not check(said, got, flags)]


def test_the_readme(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Python blocks run, and give what the comments beside them say."""
    monkeypatch.chdir(tmp_path)  # they write a file
    names, found = _run((ROOT / "README.md").read_text())
    assert _wrong(found) == []
    assert len(found) >= 3
    slope = bp.grad(lambda t: names["cube"](t))  # type: ignore[operator]
    assert float(slope(2.0)) == 12.0
    assert float(bp.grad(slope)(2.0)) == 12.0
    assert "val_accuracy" in capsys.readouterr().out


PAGES = {"capture.md": 5, "derivatives.md": 6, "code-by-others.md": 1}
"""The pages in docs/, and how many of their comments can be compared, at least."""


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_the_pages(name: str) -> None:
    if name == "code-by-others.md":
        pytest.importorskip("array_api_extra")
    _, found = _run((ROOT / "docs" / name).read_text())
    assert _wrong(found) == []
    assert len(found) >= PAGES[name]


def test_a_wrong_comment_is_found() -> None:
    page = """
```python
print(1 + 1)  # 2
x = 3  # not an expression
[x,
 4]  # [3, 4]
print("ü", x)  # ü 4
{"loss": 0.5}  # {'loss': ...}
```
"""
    _, found = _run(page)
    assert [said for _, said, _ in found] == ["2", "[3, 4]", "ü 4", "{'loss': ...}"]
    assert [said for _, said, _ in _wrong(found)] == ["ü 4"]


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "BENCHMARKS.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), f"{name} points to {target}"
