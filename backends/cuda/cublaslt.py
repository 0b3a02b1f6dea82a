"""cuBLASLt through ctypes: products of matrices that may be captured in a CUDA graph.

CuPy refuses its own calls of cuBLAS while a stream is captured, and has none of cuBLASLt. The
library is the one that comes with cuBLAS, found as CuPy finds it. Its numbers are those of
`cublasLt.h`, the same in CUDA 12 and 13.
"""

from __future__ import annotations

import ctypes
import importlib
import threading
from functools import cache
from typing import Any, NamedTuple

__all__ = ["WORKSPACE", "Matrix", "Plan", "Problem", "plan"]

WORKSPACE = 32 << 20
"""Bytes that a product may use beside its arrays; what cuBLAS takes for itself on Hopper."""
_ALIGNED = 256
"""The alignment, in bytes, beyond which more makes no difference."""

_N, _T = 0, 1  # cublasOperation_t
_TYPES = {"f": 0, "d": 1, "F": 4, "D": 5}  # cudaDataType
_COMPUTE = {"f": 68, "d": 70, "F": 68, "D": 70}  # cublasComputeType_t: 32F, 64F
_ROUNDED = {"TF32": 77, "bfloat16": 75}  # those of "f" whose factors may be rounded so
_TRANSA, _TRANSB, _EPILOGUE, _BIAS_POINTER = 3, 4, 7, 8  # cublasLtMatmulDescAttributes_t
_BATCH_COUNT, _BATCH_OFFSET = 5, 6  # cublasLtMatrixLayoutAttribute_t
_MAX_WORKSPACE, _ALIGNMENTS = 1, (5, 6, 7, 8)  # cublasLtMatmulPreferenceAttributes_t: A, B, C, D
_DEFAULT, _RELU, _BIAS = 1, 2, 4  # cublasLtEpilogue_t
_STATUS = {
    1: "not initialized", 3: "out of memory", 7: "an invalid value", 8: "an unsupported GPU",
    11: "a failed access to memory", 13: "the execution failed", 14: "an internal error",
    15: "not supported",
}  # fmt: skip


class _Heuristic(ctypes.Structure):
    """cublasLtMatmulHeuristicResult_t"""

    _fields_ = [
        ("algorithm", ctypes.c_uint64 * 8), ("workspace", ctypes.c_size_t),
        ("state", ctypes.c_int), ("waves", ctypes.c_float), ("reserved", ctypes.c_int * 4),
    ]  # fmt: skip


_POINTER, _INT, _SIZE, _OUT = (
    ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.POINTER(ctypes.c_void_p)
)  # fmt: skip
_SIGNATURES: dict[str, list[Any]] = {
    "Create": [_OUT],
    "MatmulDescCreate": [_OUT, _INT, _INT],
    "MatmulDescSetAttribute": [_POINTER, _INT, _POINTER, _SIZE],
    "MatrixLayoutCreate": [_OUT, _INT, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_int64],
    "MatrixLayoutSetAttribute": [_POINTER, _INT, _POINTER, _SIZE],
    "MatmulPreferenceCreate": [_OUT],
    "MatmulPreferenceSetAttribute": [_POINTER, _INT, _POINTER, _SIZE],
    "MatmulAlgoGetHeuristic": [
        *[_POINTER] * 7, _INT, ctypes.POINTER(_Heuristic), ctypes.POINTER(_INT)
    ],
    "Matmul": [*[_POINTER] * 14, _SIZE, _POINTER],
}  # fmt: skip


@cache
def _library() -> dict[str, Any]:
    """The functions, by their names without `cublasLt`."""
    pathfinder: Any = importlib.import_module("cuda.pathfinder")  # comes with CuPy
    library = ctypes.CDLL(pathfinder.load_nvidia_dynamic_lib("cublasLt").abs_path)
    found = {}
    for name, arguments in _SIGNATURES.items():
        function = getattr(library, f"cublasLt{name}")
        function.argtypes, function.restype = arguments, ctypes.c_int
        found[name] = function
    return found


def _call(name: str, *args: Any) -> None:
    status = _library()[name](*args)
    if status:
        reason = _STATUS.get(status, f"status {status}")
        raise RuntimeError(f"cublasLt{name}: {reason}")


def _made(name: str, *args: Any) -> ctypes.c_void_p:
    out = ctypes.c_void_p()
    _call(name, ctypes.byref(out), *args)
    return out


def _set(name: str, of: ctypes.c_void_p, attribute: int, value: Any) -> None:
    _call(name, of, attribute, ctypes.byref(value), ctypes.sizeof(value))


@cache
def _handle(device: int) -> ctypes.c_void_p:
    """The library's handle for the current device, whose number this is; kept for good."""
    return _made("Create")


class Matrix(NamedTuple):
    """A matrix, or a batch of them, in memory: columns first, as cuBLAS has it.

    Attributes:
        rows, columns: as it is stored.
        leading: elements from one column to the next.
        apart: elements from one matrix of the batch to the next.
        aligned: what the address is a multiple of.
    """

    rows: int
    columns: int
    leading: int
    apart: int
    aligned: int


class Problem(NamedTuple):
    """out = op(a) op(b), and what is done to it before it is written.

    Attributes:
        device: the device's number.
        char: the dtype's, one of "fdFD".
        factors: what those of "f" and "F" may be rounded to: "float32", "TF32" or "bfloat16".
        turn_a, turn_b: whether the matrix stored is the transpose of the factor.
        bias: whether a number is added to each row of `out` (as it is stored).
        relu: whether what is below 0 then becomes 0.
    """

    device: int
    char: str
    factors: str
    batch: int
    a: Matrix
    turn_a: bool
    b: Matrix
    turn_b: bool
    out: Matrix
    bias: bool = False
    relu: bool = False


class Plan:
    """How the library does a problem; for the device that is current."""

    def __init__(self, problem: Problem) -> None:
        p, kind = problem, _TYPES[problem.char]
        self._handle = _handle(p.device)
        compute = _ROUNDED.get(p.factors, _COMPUTE[p.char])
        self._what = _made("MatmulDescCreate", compute, kind)
        for attribute, turn in ((_TRANSA, p.turn_a), (_TRANSB, p.turn_b)):
            _set(
                "MatmulDescSetAttribute", self._what, attribute, ctypes.c_int32(_T if turn else _N)
            )
        epilogue = (p.relu and _RELU) | (p.bias and _BIAS) or _DEFAULT
        _set("MatmulDescSetAttribute", self._what, _EPILOGUE, ctypes.c_int32(epilogue))
        self._layouts = []
        for m in (p.a, p.b, p.out):
            layout = _made("MatrixLayoutCreate", kind, m.rows, m.columns, m.leading)
            if p.batch > 1:
                count, apart = ctypes.c_int32(p.batch), ctypes.c_int64(m.apart)
                _set("MatrixLayoutSetAttribute", layout, _BATCH_COUNT, count)
                _set("MatrixLayoutSetAttribute", layout, _BATCH_OFFSET, apart)
            self._layouts.append(layout)
        self._bias = p.bias
        if p.bias:  # the library chooses for a bias that is there
            _set("MatmulDescSetAttribute", self._what, _BIAS_POINTER, ctypes.c_void_p(_ALIGNED))
        number = ctypes.c_double if p.char in "dD" else ctypes.c_float
        self._one, self._zero = (number * 2)(1, 0), (number * 2)(0, 0)
        self._lock = threading.Lock()
        self.found = self._choose(p)

    def _choose(self, p: Problem) -> bool:
        """Take the algorithm that the library thinks best; False where it has none."""
        preference = _made("MatmulPreferenceCreate")
        _set("MatmulPreferenceSetAttribute", preference, _MAX_WORKSPACE, ctypes.c_uint64(WORKSPACE))
        aligned = p.a.aligned, p.b.aligned, p.out.aligned, p.out.aligned
        for attribute, n in zip(_ALIGNMENTS, aligned, strict=True):
            _set("MatmulPreferenceSetAttribute", preference, attribute, ctypes.c_uint32(n))
        self._best, count = _Heuristic(), ctypes.c_int(0)
        a, b, out = self._layouts
        status = _library()["MatmulAlgoGetHeuristic"](
            self._handle, self._what, a, b, out, out, preference, 1, ctypes.byref(self._best),
            ctypes.byref(count),
        )  # fmt: skip
        return status == 0 and count.value > 0 and self._best.state == 0

    def run(self, a: int, b: int, out: int, bias: int, workspace: int, stream: int) -> None:
        """Start it; the arguments are addresses, and `workspace` has WORKSPACE bytes."""
        of_a, of_b, of_out = self._layouts
        with self._lock:  # the bias's address is the description's
            if self._bias:
                _set("MatmulDescSetAttribute", self._what, _BIAS_POINTER, ctypes.c_void_p(bias))
            _call(
                "Matmul", self._handle, self._what, self._one, a, of_a, b, of_b, self._zero, out,
                of_out, out, of_out, ctypes.addressof(self._best.algorithm), workspace, WORKSPACE,
                stream,
            )  # fmt: skip


@cache
def plan(problem: Problem) -> Plan:
    """The plan for a problem: made once. `found` is False where the library has no algorithm."""
    return Plan(problem)


def alignment(address: int) -> int:
    """The largest power of two, of those that matter, that the address is a multiple of."""
    return min(address & -address, _ALIGNED) if address else _ALIGNED
