"""What can be said of the CUDA kernels without running them: they compile, and they fit."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BACKENDS = Path(__file__).parents[1] / "backends"
COMMON = (BACKENDS / "cuda" / "common.cu").read_text(encoding="utf-8")
NO_TOPICS = {
    "__init__", "cublaslt", "diagnose", "gemm", "graph", "kernels", "launch", "namespace",
    "numbers", "sorting",
}  # fmt: skip
TOPICS = sorted(p.stem for p in BACKENDS.glob("cuda/*.cu") if p.stem != "common")


def nvrtc():
    """CUDA's run-time compiler, which needs no GPU."""
    pytest.importorskip("cupy")
    from cupy.cuda import nvrtc

    try:
        nvrtc.getVersion()
    except Exception as error:
        pytest.skip(f"NVRTC cannot be loaded: {error}")
    return nvrtc


@pytest.mark.parametrize("real", ["float", "double"])
@pytest.mark.parametrize("arch", ["sm_80", "sm_90"])
@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_the_source_compiles_without_a_warning(topic, arch, real):
    compiler = nvrtc()
    program = compiler.createProgram(source(topic), f"{topic}.cu", (), ())
    # What launch.py asks for, and what CuPy adds to it.
    ours = "-std=c++17", f"-DREAL={real}"
    options = (*ours, f"-arch={arch}", "--device-as-default-execution-space")
    try:
        compiler.compileProgram(program, options)
    except Exception:
        pytest.fail(compiler.getProgramLog(program))
    assert compiler.getProgramLog(program) == ""
    binary = compiler.getCUBIN(program)
    for name in launched(topic):
        assert b".text." + name.encode() + b"\0" in binary


def source(topic):
    """What is compiled of a topic, as `launch.Source.text` puts it together."""
    return f"{COMMON}\n{(BACKENDS / 'cuda' / f'{topic}.cu').read_text(encoding='utf-8')}"


def functions(*path):
    """The public functions of a module, read and not imported."""
    tree = ast.parse(BACKENDS.joinpath(*path).read_text(encoding="utf-8"))
    found = {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef)}
    return {name: f for name, f in found.items() if not name.startswith("_")}


def launched(topic):
    """The names of CUDA kernels that a topic's launch code mentions: all those of its source."""
    text = (BACKENDS / "cuda" / f"{topic}.py").read_text(encoding="utf-8")
    strings = {n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)}
    expand = ["g++", "-x", "c++", "-E", "-P", "-DREAL=float", "-"]  # macros may make the kernels
    run = subprocess.run(expand, input=source(topic), check=True, capture_output=True, text=True)
    names = set(re.findall(r'extern "C" __global__ void (\w+)', run.stdout))
    assert names, "a CUDA source without a kernel"
    assert names <= strings, f"CUDA kernels that nothing launches: {names - strings}"
    return names


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_every_cuda_kernel_is_launched():
    names = [name for topic in TOPICS for name in launched(topic)]
    assert {"softmax", "relu", "sigmoid"} <= set(names)
    assert len(names) == len(set(names))


STANDARD = {f.name: f for f in ast.parse("def remainder(x1: Any, x2: Any, /) -> Any: ...").body}
"""What the array library itself specifies and only CuPy gets wrong."""


OVERRIDES = {
    name: function
    for path in BACKENDS.glob("cuda/*.py")
    if path.stem not in NO_TOPICS
    for name, function in functions("cuda", path.name).items()
}


@pytest.mark.parametrize("name", sorted(OVERRIDES))
def test_an_override_has_the_portable_kernels_signature(name):
    """What the array library itself specifies, such as sum, is compared with the CPU's override."""
    override = OVERRIDES[name]
    specified: dict = {}
    for part in BACKENDS.glob("portable/*.py"):
        specified |= functions("portable", part.name)
    cpu = {n: f for p in BACKENDS.glob("cpu/*.py") for n, f in functions("cpu", p.name).items()}
    model = specified.get(name) or cpu.get(name) or STANDARD[name]

    def signature(f):
        return f"{ast.unparse(f.args)} -> {ast.unparse(f.returns)}".replace("Array", "Any")

    assert signature(override) == signature(model)


def test_the_overrides_can_be_imported_without_a_driver():
    pytest.importorskip("cupy")
    from backends.cuda import kernels

    assert kernels.relu.dtypes == {"float32", "float64"}
    assert not hasattr(kernels.linear, "dtypes")


def test_cupy_is_not_imported_until_cuda_is_asked_for():
    code = (
        "import sys, backends, backends.cuda; backends.get('cpu').xp; "
        "sys.exit('cupy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
