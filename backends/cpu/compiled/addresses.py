"""What Python has no words for: memory and C functions by their addresses, and x y + z as one."""

from __future__ import annotations

from functools import partial
from typing import Any

from llvmlite import ir
from numba import extending, njit, types

intrinsic: Any = extending.intrinsic
of_kernels: Any = partial(
    njit, nogil=True, error_model="numpy", cache=True, no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
)  # fmt: skip
"""Compiles functions that only kernels call: without what Python would need."""
WORD = ir.IntType(64)


@intrinsic
def pointer(context: Any, address: Any, kind: Any) -> Any:
    """An address as a pointer to numbers of this kind, for `numba.carray`."""
    of = types.CPointer(kind.instance_type)

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(of))

    return of(types.int64, kind), code


def called(builder: Any, address: Any, result: Any, kinds: Any, args: Any) -> Any:
    """A call of the C function at an address."""
    kind = ir.FunctionType(result, kinds)
    function = builder.inttoptr(address, kind.as_pointer())
    made = []
    for of, x in zip(kinds, args, strict=True):
        if isinstance(of, ir.PointerType):
            x = builder.inttoptr(x, of)
        elif isinstance(of, ir.IntType) and of.width < 64:
            x = builder.trunc(x, of)
        made.append(x)
    return builder.call(function, made)


@intrinsic
def call(context: Any, function: Any, argument: Any) -> Any:
    """Call a kernel."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        called(builder, args[0], ir.VoidType(), [WORD], args[1:])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


@njit(nogil=True, cache=True)
def invoke(kernel: int, words: Any) -> None:
    """Call a kernel with these arguments."""
    call(kernel, words.ctypes.data)


def foreign(names: str, result: Any = None, wide: bool = True) -> Any:
    """An intrinsic that calls a C function: (its address, its arguments).

    Args:
        names: A letter for each argument: e(num), i(nteger), p(ointer), f(loat32), d(float64).
        result: The kind of number it returns.
        wide: Whether its integers (i) have 64 bits.
    """
    single, double = ir.FloatType(), ir.DoubleType()
    kinds = {
        "e": ir.IntType(32), "i": WORD if wide else ir.IntType(32), "p": WORD.as_pointer(),
        "f": single, "d": double,
    }  # fmt: skip
    of = {"f": types.float32, "d": types.float64}
    taken = [kinds[c] for c in names]
    given = types.Tuple([of.get(c, types.int64) for c in names])
    back: Any = types.void if result is None else of[result]
    returned = ir.VoidType() if result is None else kinds[result]

    @intrinsic
    def function(context: Any, address: Any, arguments: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            cast = context.cast(builder, args[1], signature.args[1], given)
            each = [builder.extract_value(cast, i) for i in range(len(taken))]
            out = called(builder, args[0], returned, taken, each)
            return context.get_dummy_value() if result is None else out

        return back(types.int64, arguments), code

    return function


@intrinsic
def fma(context: Any, x: Any, y: Any, z: Any) -> Any:
    """x y + z, rounded once."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return x(x, y, z), code
