"""CuPy itself, without a GPU: its arrays in the host's memory, its kernels compiled by g++.

    PYTHONPATH=$PWD/tests python -m pytest -p cupy_on_host -m gpu
    PYTHONPATH=$PWD/tests python scripts/conformance.py SUITE --device cuda -- -p cupy_on_host

Everything of CuPy that is Python, Cython or CUDA source is the installed package's: what it takes
and refuses, the dtypes and shapes it gives, and what its kernels compute. In the place of what
needs a device stand `runtime.c` (memory, streams, launches, and graphs: `capture.h`), `cublaslt.c`,
`include/` (the CUDA language), `solvers.py` (cuBLAS and cuSOLVER) and `transforms.py` (cuFFT and
sorting). So it proves nothing of
speed, of rounding in CUDA's own functions and libraries, of float32 numbers near 0 (a device makes
them 0), of CUB (which CuPy takes for reductions and running sums), or of the order in which threads
run.

Needs a CuPy 14 for CUDA, g++ with Python's headers, Linux and SciPy. Compiled kernels are kept in
a folder for temporary files: the first run takes several times as long as the next.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).parent
CACHE = Path(tempfile.gettempdir()) / f"cupy_on_host_{os.getuid()}"
KERNEL = re.compile(r'extern "C" __global__ void\s+(?:__launch_bounds__\([^)]*\)\s*)?(\w+)\s*\(')
FLAGS = ("-std=c++17", "-O0", "-ffp-contract=off", "-w", "-fpermissive", "-fPIC")


def built(command: list[str], out: Path) -> Path:
    """The file that a compiler makes, unless it is there already; whole or not at all."""
    if not out.exists():
        unfinished = out.with_name(f"{out.name}.{os.getpid()}")
        done = subprocess.run([*command, "-o", str(unfinished)], capture_output=True, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "error" in line]
            raise RuntimeError("\n".join(["g++ cannot compile this kernel:", *errors[:20]]))
        unfinished.replace(out)
    return out


# -------------------------------------------------------------- the runtime and the driver

TYPES = {
    "int": ctypes.c_int, "size_t": ctypes.c_size_t, "intptr_t": ctypes.c_ssize_t,
    "unsigned int": ctypes.c_uint, "float": ctypes.c_float, "PyObject *": ctypes.py_object,
}  # fmt: skip
_names: list[bytes] = []  # capsules refer to them


def replace(module, library, prefix):
    """Put the library's functions in the places of the module's, for C and for Python."""
    name_of, capsule = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_New
    name_of.restype, name_of.argtypes = ctypes.c_char_p, [ctypes.py_object]
    capsule.restype = ctypes.py_object
    capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    table = module.__pyx_capi__
    for name in list(table):
        function = getattr(library, prefix + name, None)
        if function is None:
            continue
        _names.append(name_of(table[name]))
        address = ctypes.cast(function, ctypes.c_void_p).value
        table[name] = capsule(address, _names[-1], None)
        result, arguments = re.fullmatch(r"(.*?) ?\((.*)\)", _names[-1].decode()).groups()
        kinds = [a.replace("__pyx_skip_dispatch", "").strip() for a in arguments.split(",")]
        if kinds == ["void"]:
            continue
        function.restype = TYPES[result]
        function.argtypes = [TYPES.get(k, ctypes.c_void_p) for k in kinds]
        own = 2 if "__pyx_optional_args" in arguments else 1  # the arguments that are Cython's
        setattr(module, name, functools.partial(_call, function, len(kinds) - own, own))


def _call(function, count, own, *args, **kwargs):
    return function(*[*args, *kwargs.values()][:count], *[0] * own)


# ------------------------------------------------------------------------------- kernels


@functools.cache
def headers() -> tuple[str, ...]:
    """The options that say where headers are; CuPy's own are compiled here, once."""
    import cupy

    include = Path(cupy.__file__).parent / "_core" / "include"
    folders = (f"-I{CACHE}", f"-I{HERE / 'include'}", f"-I{include}")
    source = HERE / "include" / "with_cupy.h"
    built(["g++", *FLAGS, *folders, "-x", "c++-header", str(source)], CACHE / "with_cupy.h.gch")
    return folders


def compile_module(source, options=(), *, name_expressions=None, **others):
    """CuPy's `_compile_module_with_cache`."""
    from cupy.cuda import function

    defines = [o for o in options if o.startswith("-D")]
    own = "#include <cupy/" in source
    text = source
    if not own:  # macros may make the kernels
        expand = ["g++", "-x", "c++", "-E", "-P", "-w", *defines, "-"]
        text = subprocess.run(
            expand, input=source, check=True, capture_output=True, text=True
        ).stdout
    kernels = {name: name for name in KERNEL.findall(text)}
    kernels |= {f"expression{i}": e for i, e in enumerate(name_expressions or ())}
    barriers = "true" if "__sync" in source else "false"
    launches = [
        f'extern "C" void launch_{name}(const unsigned* grid, const unsigned* block, void** given) '
        f"{{ launch({kernel}, {barriers}, grid, block, given); }}\n"
        f'extern "C" void** copy_{name}(void** given) {{ return copied({kernel}, given); }}\n'
        for name, kernel in kernels.items()
    ]
    for sign, name in (("<<", "shifted_left"), (">>", "shifted_right")):
        source = source.replace(f"in0 {sign} in1", f"{name}(in0, in1)")
    source = re.sub(r"\bextern\s+__shared__([^;]*)\[\]\s*;", r"static \1[65536];", source)
    whole = f'#include "{"with_cupy" if own else "device"}.h"\n{source}\n{"".join(launches)}'
    key = hashlib.sha256(f"{defines} {whole}".encode()).hexdigest()
    code, library = CACHE / f"{key}.cpp", CACHE / f"{key}.so"
    if not library.exists():
        code.write_text(whole)
    command = ["g++", *FLAGS, "-shared", *defines, *headers(), str(code)]
    module = function.Module()
    module.load(str(built(command, library)).encode())
    if name_expressions:
        module._set_mapping({e: f"expression{i}" for i, e in enumerate(name_expressions)})
    return module


# ------------------------------------------------------------------------------- install


def key_of(folder: Path) -> str:
    """Changes when one of the files here does."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".c", ".h"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()[:12]


def install() -> None:
    """Make `import cupy` give a CuPy that works here."""
    if "cupy" in sys.modules:
        raise RuntimeError("cupy_on_host: CuPy is imported already")
    global CACHE
    CACHE = CACHE / key_of(HERE)
    CACHE.mkdir(parents=True, exist_ok=True)
    os.environ["CUPY_ACCELERATORS"] = ""  # the others are libraries of compiled kernels
    import cuda.pathfinder
    import cupy_backends.cuda.libs as libraries
    from cupy_backends.cuda.api import driver, runtime

    from . import solvers, transforms

    python = sysconfig.get_paths()["include"]
    command = ["gcc", "-shared", "-fPIC", "-O2", "-w", f"-I{python}", str(HERE / "runtime.c")]
    path = str(built(command, CACHE / "runtime.so"))
    library = ctypes.PyDLL(path)
    replace(runtime, library, "runtime_")
    replace(driver, library, "driver_")
    cuda.pathfinder.find_nvidia_header_directory = lambda *_: str(HERE / "include")
    found = cuda.pathfinder.load_nvidia_dynamic_lib
    cuda.pathfinder.load_nvidia_dynamic_lib = lambda name: (
        SimpleNamespace(abs_path=path) if name == "cublasLt" else found(name)
    )
    ours = {
        "cupy_backends.cuda.libs.cublas": solvers.cublas(),
        "cupy_backends.cuda.libs.cusolver": solvers.cusolver(),
        "cupy.cuda.cufft": transforms.cufft(),
        "cupy.cuda.thrust": transforms.thrust(),
    }
    sys.modules.update(ours)
    for name in ("cublas", "cusolver"):
        setattr(libraries, name, ours[f"cupy_backends.cuda.libs.{name}"])
    import cupy

    for name, module in ours.items():
        setattr(cupy.cuda, name.rpartition(".")[2], module)
    sys.modules["cupyx._cusolver"] = solvers.batched()
    cupy.cuda.compiler._compile_module_with_cache = compile_module


install()
