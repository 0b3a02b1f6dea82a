"""The house's rules: data flows one way, devices have no names upstairs, imports are light."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import backprop as bp

ROOT = Path(bp.__file__).resolve().parents[1]

ORDER = [
    {"backends"},
    {"graph", "names", "tree"},
    {"changes"},
    {"rule", "mistakes"},
    {"primitive"},
    {"operation"},
    {"rules"},
    {"defaults"},
    {"autodiff", "conversion"},
    {"operators"},
    {"methods"},
    {"index"},
    {"subscript"},
    {"tensor"},
    {"function", "transforms"},
    {"checkpoint", "gradcheck"},
    {"audit"},
    {"xp"},
    {"nn"},
    {"optim"},
    {"capturing"},
    {"data", "io"},
    {"train"},
    {"measure"},
    {"viz"},
    {"cli"},
]
"""From the bottom up: a part imports from those below it, and from itself."""
RANK = {name: i for i, names in enumerate(ORDER) for name in names}

ALLOWED_INSIDE_FUNCTIONS: dict[tuple[str, str], str] = {}
"""Arrows upward that run when a function is called, not when a module is imported."""

FINISHED = {
    "names.py": "advice runs after the import, and looks up what the package offers",
    "methods.py": "x.sum() is bp.sum(x); the functions are looked up when a method is called",
    "tensor.py": "the standard wants a Tensor to name its namespace, which is the package",
}
"""Who reaches the finished package at run time, past the arrows above, and why."""

ABOVE_ALL = {"cli", "__main__"}
"""Who may import the finished package `backprop` itself."""


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _part(path: Path) -> str:
    """The part of the house a file belongs to: 'rules' for backprop/rules/linalg.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0] if parts[0] == "backends" else parts[1]


def _targets(node: ast.Import | ast.ImportFrom, path: Path) -> Iterator[str]:
    """The parts that an import statement reaches; 'backprop' for the package itself."""
    package = list(path.relative_to(ROOT).parent.parts)
    if isinstance(node, ast.Import):
        names = [a.name.split(".") for a in node.names]
    else:
        base = package[: len(package) - node.level + 1] if node.level else []
        base += node.module.split(".") if node.module else []
        names = [[*base, a.name] for a in node.names]
    for name in names:
        if name[0] == "backends":
            yield "backends"
        elif name[0] == "backprop":
            known = len(name) > 1 and (
                (ROOT / "backprop" / name[1]).is_dir()
                or (ROOT / "backprop" / f"{name[1]}.py").exists()
            )
            yield name[1] if known else "backprop"


def _imports(path: Path) -> Iterator[tuple[str, bool, int]]:
    """(part, whether inside a function, line) of each import of ours in a file."""

    def walk(node: ast.AST, inside: bool) -> Iterator[tuple[str, bool, int]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.Import, ast.ImportFrom)):
                for part in _targets(child, path):
                    yield part, inside, child.lineno
            deeper = inside or isinstance(
                child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
            )
            yield from walk(child, deeper)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), False)


def _upward(path: Path) -> list[str]:
    part, found = _part(path), []
    for target, inside, line in _imports(path):
        if target == part or (target == "backprop" and part in ABOVE_ALL):
            continue
        if inside and (part, target) in ALLOWED_INSIDE_FUNCTIONS:
            continue
        if target == "backprop" or RANK[target] >= RANK[part]:
            found.append(f"{path.relative_to(ROOT)}:{line} imports {target}")
    return found


def test_every_part_has_its_place() -> None:
    parts = {_part(p) for p in _files("backprop", "backends")} - {"__init__", "__main__"}
    assert parts <= set(RANK), "give the new part its place in ORDER"


def test_data_flows_one_way() -> None:
    files = [p for p in _files("backprop", "backends") if _part(p) not in ("__init__", "__main__")]
    assert len(files) > 30
    assert [line for p in files for line in _upward(p)] == []


def test_who_reaches_the_finished_package() -> None:
    files = [p for p in _files("backprop") if _part(p) not in ABOVE_ALL]
    found = {p for p in files if "sys.modules[__package__]" in p.read_text(encoding="utf-8")}
    assert {str(p.relative_to(ROOT / "backprop")) for p in found} == set(FINISHED)


def test_the_walk_sees_what_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of statement, on a house of its own: a walker that sees nothing finds no fault."""
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    for name in ("nn/linear.py", "optim/sgd.py", "tensor.py", "autodiff.py", "rules/linalg.py"):
        (tmp_path / "backprop" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "backprop" / name).touch()
    (tmp_path / "backends").mkdir()

    def found(name: str, text: str) -> list[str]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return [line.rpartition(" ")[2] for line in _upward(path)]

    assert found("backprop/nn/linear.py", "from ..optim import SGD") == ["optim"]
    assert found("backprop/nn/linear.py", "from ..optim.sgd import SGD") == ["optim"]
    assert found("backprop/nn/linear.py", "from .. import optim, rules") == ["optim"]
    assert found("backprop/nn/linear.py", "import backprop.optim.sgd") == ["optim"]
    assert found("backprop/nn/linear.py", "import backprop as bp") == ["backprop"]
    assert found("backprop/nn/linear.py", "from .. import asarray") == ["backprop"]
    assert found("backprop/nn/linear.py", "def f():\n    from ..optim import SGD") == ["optim"]
    assert (
        found(
            "backprop/nn/linear.py",
            "from ..tensor import Tensor\nfrom . import init\nimport backends",
        )
        == []
    )
    assert found("backprop/autodiff.py", "from .tensor import asarray") == ["tensor"]
    assert found("backends/registry.py", "from backprop import Tensor") == ["backprop"]
    assert found("backends/registry.py", "if True:\n    from backprop.tensor import Tensor") == [
        "tensor"
    ]


def test_allowed_exceptions_are_still_needed() -> None:
    used = {(_part(p), t) for p in _files("backprop") for t, inside, _ in _imports(p) if inside}
    assert set(ALLOWED_INSIDE_FUNCTIONS) <= used


DEVICE_WORDS = {"cupy", "cupyx", "cuda", "numpy", "np", "array_api_compat", "array_api_strict"}


def _identifiers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None) or ""
            for name in [*module.split("."), *(p for a in node.names for p in a.name.split("."))]:
                yield name, node.lineno


def test_no_layer_optimizer_or_rule_names_a_device() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} says {name}"
        for path in _files("backprop/nn", "backprop/optim", "backprop/rules")
        for name, line in _identifiers(ast.parse(path.read_text(encoding="utf-8")))
        if name in DEVICE_WORDS
    ]
    assert found == []
    assert {n for n, _ in _identifiers(ast.parse("import numpy as np\nx.cuda(np)"))} >= {
        "numpy",
        "cuda",
        "np",
    }


# ---------------------------------------------------------------------- the import itself

HEAVY = [
    "cupy",
    "matplotlib",
    "pandas",
    "scipy",
    "typer",
    "rich",
    "click",
    "tomli_w",
    "torch",
    "jax",
    "sklearn",
    "array_api_strict",
    "array_api_compat",
    "threadpoolctl",
    "safetensors",
    "pytest",
    "hypothesis",
    "urllib.request",
    "multiprocessing",
    "unittest",
]


def _python(
    code: str, *, path: Any = ROOT, cwd: Any = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(path), **environment}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=cwd
    )


def test_import_is_light() -> None:
    code = f"import sys, numpy; before = set(sys.modules); import backprop; print([m for m in {HEAVY} if m in set(sys.modules) - before])"  # noqa: E501
    out = _python(code)
    assert out.returncode == 0, out.stderr
    assert out.stdout.strip() == "[]"


def test_import_does_no_more_than_numpys() -> None:
    """What an import takes in time, `scripts/bench.py --cases import` measures; here is what takes
    it, the same on every machine: the code that is loaded, in bytes, and the calls it makes."""
    code = """
import marshal, sys
def profile(frame, event, value):
    global calls
    calls += event.endswith("call")
def loaded(name):
    global calls
    calls, before = 0, set(sys.modules)
    sys.setprofile(profile); __import__(name); sys.setprofile(None)
    new = [vars(sys.modules[n]).get("__loader__") for n in sorted(set(sys.modules) - before)]
    codes = [l.get_code(l.name) for l in new if type(l).__name__ == "SourceFileLoader"]
    print(sum(len(marshal.dumps(c)) for c in codes), calls)
loaded("numpy"); loaded("backprop")
"""
    out = _python(code)
    assert out.returncode == 0, out.stderr
    numpys, ours = ([int(n) for n in line.split()] for line in out.stdout.splitlines())
    assert min(ours) > 10_000
    assert ours[0] < numpys[0], "bytes of code"
    assert ours[1] < numpys[1], "calls"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("backends/__init__.py", ""),
        ("backends.py", ""),
        ("backends/__init__.py", "kernels = portable = None"),
    ],
)
def test_another_package_called_backends(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    out = _python("import backprop", path=os.pathsep.join([str(tmp_path), str(ROOT)]), cwd=tmp_path)
    assert out.returncode == 1
    assert "ImportError: backprop needs its own package 'backends'" in out.stderr
    assert str(tmp_path / name) in out.stderr


@pytest.mark.parametrize("module", [bp, bp.nn, bp.optim], ids=lambda m: m.__name__)
def test_every_public_name_is_documented(module: Any) -> None:
    names = [n for n in dir(module) if not n.startswith("_")]
    assert len(names) > 5
    bare = [n for n in names if not (getattr(getattr(module, n), "__doc__", None) or "").strip()]
    assert set(bare) <= {"newaxis"}  # which is None


def test_names_of_the_package() -> None:
    """What the documentation shows is there."""
    for name in [
        "Tensor",
        "Function",
        "Generator",
        "BackendError",
        "asarray",
        "tensor",
        "zeros",
        "ones",
        "full",
        "arange",
        "eye",
        "linspace",
        "grad",
        "value_and_grad",
        "vjp",
        "jvp",
        "jacobian",
        "hessian",
        "hvp",
        "stop_gradient",
        "checkpoint",
        "audit",
        "tree",
        "gradcheck",
        "no_grad",
        "enable_grad",
        "once_differentiable",
        "manual_seed",
        "device",
        "devices",
        "set_default_device",
        "set_default_dtype",
        "float32",
        "float64",
        "int64",
        "exp",
        "log",
        "sum",
        "mean",
        "matmul",
        "where",
        "concat",
        "nn",
        "optim",
    ]:
        assert hasattr(bp, name), name
