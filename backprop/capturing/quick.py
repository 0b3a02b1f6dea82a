"""The shortest way to a replay: what a call looks at and does, written out as one function.

A tiny network's step takes some twenty microseconds, and loops over arguments and guards would be
a third of it. `Capture` asks the function it made last; it answers MISS where the call is another
one than it was made for, and the long way is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backends.precision import setting

from ..changes import last_change, note
from ..defaults import _defaults
from ..graph import Box, mode
from ..nn.clock import clock

MISS = object()


def quick(recording: Any, args: Sequence[Any], key: Any) -> Any:
    """The function of the arguments that replays a recording, or answers MISS.

    False where the arguments are not all plain Tensors.
    """
    if not args or any(not isinstance(x, Box) or x.node is not None for x in args):
        return False
    described, _, mode_on, dtype, device, level = key
    names: dict[str, Any] = {
        "MISS": MISS, "mode": mode, "defaults": _defaults, "clock": clock, "make": Box.make,
        "note": note, "last": last_change, "r": recording, "same": recording._same,
        "dtype": dtype, "device": device, "setting": setting, "level": level,
    }  # fmt: skip
    boxes = [f"b{i}" for i in range(len(args))]
    lines = [
        f"if len(args) != {len(args)} or clock.ticks != r._ticks or "
        f"mode.recording is not {mode_on} or defaults.dtype is not dtype or "
        "defaults.device != device or setting.level is not level or not same():",
        "    return MISS",
        f"{', '.join(boxes)}, = args",
    ]
    for i, (b, x) in enumerate(zip(boxes, args, strict=True)):
        kind, shape, of, strides, place = described[i]
        names |= {f"t{i}": type(x), f"k{i}": kind, f"s{i}": shape, f"d{i}": of, f"p{i}": strides}
        lines += [
            f"if type({b}) is not t{i} or {b}.node is not None:",
            "    return MISS",
            f"a{i} = {b}.data",
            f"if type(a{i}) is not k{i} or a{i}.shape != s{i} or a{i}.dtype != d{i}"
            + (f" or a{i}.strides != p{i}:" if strides is not None else ":"),
            "    return MISS",
        ]
        if ":" in place:  # one of several such devices
            lines += [f"if {b}.device != {place!r}:", "    return MISS"]
    arrays = ", ".join(f"a{i}" for i in range(len(args)))
    if recording._questions:
        lines += [f"if not r.answers([{arrays}]):", "    return MISS"]
    lines += recording.text(f"[{arrays}]", names)
    body = "\n        ".join(lines)
    text = f"def build({', '.join(names)}):\n    def call(args):\n        {body}\n    return call\n"
    scope: dict[str, Any] = {}
    exec(compile(text, "<call>", "exec"), scope)
    return scope.pop("build")(**names)  # popped: a function in its own globals is a cycle
