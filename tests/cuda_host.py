"""CuPy's place taken by NumPy, and a GPU's by the host: what proves the CUDA kernels without one.

`fake_cupy()` has the few names that the files of `backends/cuda` use. Its `RawModule` compiles the
CUDA source with g++ and `cuda_shim.h`, and its kernels refuse what a real one would take in
silence: a wrong dtype, a strided array, a null pointer, an array of another device.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np

SHIM = Path(__file__).with_name("cuda_shim.h")
CUDA = Path(__file__).parents[1] / "backends" / "cuda"
PACKAGE = "backends.cuda_on_the_host"
CACHE = Path(tempfile.gettempdir()) / f"cuda_on_host_{os.getuid()}"
NULLABLE = {
    "added", "allowed", "momentum_buffer", "average", "buffer", "centre", "factor", "highest",
    "carried", "live", "later_gates", "later_s", "of_c", "of_gates", "of_h", "u_bias",
}  # fmt: skip
LAUNCHED: list[str] = []
BACKWARDS = [False]
"""Whether the threads of a block take turns from the last to the first."""
_EDGE = 64


class Device(str):
    """A device that can be current. As a string it is the one device NumPy's functions take."""

    stack = [0]  # noqa: RUF012  (the one thing all share is what is current)

    def __new__(cls, index):
        self = super().__new__(cls, "cpu")
        self.id = index
        return self

    def __enter__(self):
        self.stack.append(self.id)
        return self

    def __exit__(self, *exc):
        self.stack.pop()


class Array(np.ndarray):
    """A NumPy array that says which device it is on."""

    index = 0

    def __array_finalize__(self, source):
        self.index = getattr(source, "index", Device.stack[-1])

    @property
    def device(self):
        return Device(self.index)


def empty(shape, dtype):
    """Full of NaN, between two edges that nobody may write to."""
    shape, dtype = (shape,) if isinstance(shape, int) else tuple(shape), np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.full(size + 2 * _EDGE, 0xA5, np.uint8)
    inside = memory[_EDGE : _EDGE + size]
    inside[...] = 0xFF
    out = inside.view(dtype).reshape(shape).view(Array)
    out.index = Device.stack[-1]
    return out


def asarray(array):
    out = empty(np.shape(array), np.asarray(array).dtype)
    out[...] = array
    return out


def ascontiguousarray(a):
    if a.flags.c_contiguous:
        return a.reshape(1) if a.ndim == 0 else a  # CuPy's, as NumPy's, is never 0-d
    return asarray(a)


def _edges_intact(a):
    root = a
    while isinstance(root.base, np.ndarray):
        root = root.base
    if root.dtype != np.uint8:  # made by NumPy
        return True
    return bool(np.all(root[:_EDGE] == 0xA5) and np.all(root[-_EDGE:] == 0xA5))


class RawModule:
    """The source compiled for the host."""

    def __init__(self, *, code, options):
        real = dict(o[2:].split("=") for o in options if o.startswith("-D"))["REAL"]
        self.library, self.signatures = compiled(code, tuple(options))
        types = {"real": np.float32 if real == "float" else np.float64, "whole": np.int64}
        self.types = {
            **types,
            "byte": np.uint8,
            "word": np.uint64,
            "unsigned": np.uint32,
            "double": np.float64,
        }

    def get_function(self, name):
        signature = self.signatures[name]
        function = getattr(self.library, f"host_{name}")
        c_types = {"whole": ctypes.c_int64, "word": ctypes.c_uint64, "double": ctypes.c_double}
        function.argtypes = [ctypes.c_void_p] * 2 + [
            ctypes.c_void_p if pointer else c_types[kind] for kind, pointer, _ in signature
        ]
        order = ctypes.c_int.in_dll(self.library, "backwards")
        strided = {what.removesuffix("_stride") for _, _, what in signature if "_stride" in what}

        def launch(grid, block, args):
            LAUNCHED.append(name)
            grid, block = (*grid, 1, 1)[:3], (*block, 1, 1)[:3]
            assert all(type(v) is int and v > 0 for v in (*grid, *block)), "an empty launch"
            assert grid[0] < 2**31, "too many blocks"
            assert max(grid[1:]) < 2**16, "too many blocks"
            threads = block[0] * block[1] * block[2]
            assert threads <= 256, "the block is too large"
            assert threads & (threads - 1) == 0, "the block is not a power of two"
            assert len(args) == len(signature), f"{name}: {len(args)} arguments"
            values = []
            for a, (kind, pointer, what) in zip(args, signature, strict=True):
                wanted = self.types[kind]
                if not pointer:
                    assert type(a) is wanted, f"{name}: {what} is a {type(a)}"
                    values.append(a.item())
                elif a is None:
                    assert what in NULLABLE, f"{name}: {what} is null"
                    values.append(None)
                else:
                    assert type(a) is Array, f"{name}: {what} is a {type(a)}"
                    assert a.dtype == wanted, f"{name}: {what} is {a.dtype}"
                    assert a.flags.c_contiguous or what in strided, f"{name}: {what} has strides"
                    assert a.index == Device.stack[-1], f"{name}: {what} is on another device"
                    values.append(a.ctypes.data)
            order.value = BACKWARDS[0]
            sizes = [(ctypes.c_uint * 3)(*s) for s in (grid, block)]
            assert function(*sizes, *values) == 0, f"{name}: threads left others at a barrier"
            assert all(_edges_intact(a) for a in args if isinstance(a, Array)), f"{name} overran"

        return launch


@functools.cache
def compiled(code, options):
    """The shared library, and the arguments of each kernel: (type, is it a pointer, name).

    A library that was built once is kept in a folder for temporary files.
    """
    defines = [o for o in options if o.startswith(("-D", "-std="))]
    expand = ["g++", "-x", "c++", "-E", "-P", *defines, "-"]
    text = subprocess.run(expand, input=code, check=True, capture_output=True, text=True).stdout
    signatures, wrappers = {}, []
    for name, parameters in re.findall(r'extern "C" __global__ void (\w+)\(([^)]*)\)', text):
        split = re.findall(r"(?:const )?(\w+)(\*?) (\w+)", parameters)
        signatures[name] = [(kind, star == "*", what) for kind, star, what in split]
        names = ", ".join(what for _, _, what in split)
        wrappers.append(
            f'extern "C" int host_{name}(const unsigned* grid_, const unsigned* block_, '
            f"{parameters}) {{ return on_host(grid_, block_, [&] {{ {name}({names}); }}); }}"
        )
    build = ["g++", "-O1", "-ffp-contract=off", "-shared", "-fPIC", *defines]
    main = "\n".join([SHIM.read_text(), code, *wrappers])
    CACHE.mkdir(exist_ok=True)
    library = CACHE / f"{hashlib.sha256(f'{build} {main}'.encode()).hexdigest()}.so"
    if not library.exists():  # whole or not at all: others may be at it
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            source, unfinished = Path(folder, "main.cpp"), Path(folder, "kernels.so")
            source.write_text(main)
            subprocess.run([*build, "-o", str(unfinished), str(source)], check=True)
            unfinished.replace(library)
    return ctypes.CDLL(str(library)), signatures


def fake_cupy():
    """A module `cupy` made of NumPy."""
    cupy = ModuleType("cupy")

    def wrapped(function):
        return lambda *args, **kwargs: asarray(function(*args, **kwargs))

    def zeros(shape, dtype):
        out = empty(shape, dtype)
        out[...] = 0
        return out

    def irfft(x, n, axis, norm):
        """cuFFT's: what it makes of a first or last bin that is not real depends on the length."""
        ends = np.take(x, [0] if n % 2 else [0, n // 2], axis)
        assert not ends.imag.any(), "a bin that must be real is not"
        return asarray(np.fft.irfft(x, n, axis, norm))

    def transform(function):
        def run(x, *, axes, norm):
            assert x.size, "an empty array"  # refused by CuPy, whatever the axes
            return asarray(function(x, axes=axes, norm=norm))

        return run

    transforms = {name: transform(getattr(np.fft, name)) for name in ("fftn", "ifftn", "rfftn")}

    def with_dtype(numbers, dtype):
        """Of a single number, a zero loses its sign in CuPy."""
        array = np.asarray(numbers, dtype)
        return asarray(array + array.dtype.type(0) if array.ndim == 0 else array)

    fft = SimpleNamespace(irfft=irfft, **transforms)
    cupy.__dict__.update(
        empty=empty, zeros=zeros, ascontiguousarray=ascontiguousarray, RawModule=RawModule,
        arange=wrapped(np.arange), searchsorted=wrapped(np.searchsorted), sum=wrapped(np.sum),
        asarray=with_dtype, moveaxis=np.moveaxis, where=wrapped(np.where), matmul=np.matmul,
        add=np.add,
        ndarray=Array,
        cuda=SimpleNamespace(Device=Device), fft=fft,
        fmod=wrapped(np.fmod), copysign=wrapped(np.copysign), remainder=wrapped(np.remainder),
        sign=wrapped(np.sign), result_type=np.result_type,
    )  # fmt: skip
    return cupy


def load_kernels(monkeypatch):
    """`backends.cuda.kernels` as a new module that sees the fake CuPy, and its topics too."""
    for name in [n for n in sys.modules if n.startswith(f"{PACKAGE}.")]:
        monkeypatch.delitem(sys.modules, name)
    package = ModuleType(PACKAGE)
    package.__path__ = [str(CUDA)]
    monkeypatch.setitem(sys.modules, PACKAGE, package)
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy())
    return importlib.import_module(f"{PACKAGE}.kernels")


def part(topic):
    """The file of a topic, as the last `load_kernels` loaded it."""
    return sys.modules[f"{PACKAGE}.{topic}"]
