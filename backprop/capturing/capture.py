"""bp.capture: a step that is recorded once and then replayed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from backends.cpu.compiled import available
from backends.precision import setting
from backends.record import CaptureError, NotNowError, current

from .. import tree
from ..defaults import get_default_device, get_default_dtype
from ..graph import Box, mode
from .guards import Same
from .quick import MISS, quick
from .recording import Recording, is_input

_PATIENCE = 3
"""How often a call may say that it cannot be recorded just now before it never is."""


class Capture:
    """A function that runs a training step, recorded and replayed; made by `capture`.

    Args:
        rewinding: whether an error of any kind that ends a recording becomes a CaptureError, with
            all as it was before the call, for those who then call the function as it is.

    Attributes:
        recordings: how many there are.
        replays: how many calls were replays.
        trouble: why the last call was not recorded, or its replays are slow; or None.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        max_recordings: int,
        compile: bool | None = None,
        rewinding: bool = False,
    ) -> None:
        if not callable(function):
            raise TypeError(
                f"capture: function: got a {type(function).__name__}, wanted a function"
            )
        if isinstance(max_recordings, bool) or not isinstance(max_recordings, int):
            raise TypeError(f"capture: max_recordings: got {max_recordings!r}, wanted an integer")
        if max_recordings < 1:
            raise ValueError(f"capture: max_recordings: got {max_recordings}, wanted at least 1")
        if compile not in (None, True, False):
            raise ValueError(f"capture: compile: got {compile!r}, wanted True, False or None")
        if compile and not available():
            raise ImportError(
                "capture: compile: got True, but Numba is not installed: "
                'pip install "backprop-array[fast]"'
            )
        self.function, self.max_recordings, self.compile = function, max_recordings, compile
        self.rewinding, self.replays = rewinding, 0
        self.trouble: str | None = None
        self._by_key: dict[Any, list[Recording]] = {}
        self._warm = self._full = False
        self._quick: Callable[[Any], Any] | None = None
        self._made: dict[int, Any] = {}
        self._delays: dict[Any, int] = {}
        update_wrapper(self, function, updated=())

    @property
    def recordings(self) -> int:
        return sum(map(len, self._by_key.values()))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current() is not None:  # a captured step inside another is part of that one
            return self.function(*args, **kwargs)
        if self._quick is not None and not kwargs:
            out = self._quick(args)
            if out is not MISS:
                self.replays += 1
                return out
        leaves, structure = _leaves(args, kwargs)
        arrays, described = [], []
        for x in leaves:
            if is_input(x):
                a = x.data
                arrays.append(a)
                strides = getattr(a, "strides", None)
                described.append((type(a), a.shape, a.dtype, strides, x.device))
            else:
                described.append(_static(x))
        key = (
            tuple(described), structure, mode.recording, get_default_dtype(), get_default_device(),
            setting.level,
        )  # fmt: skip
        known = self._by_key.get(key)
        if known is not None:
            for recording in known:
                if recording.holds(arrays):
                    self.replays += 1
                    if not kwargs:
                        made = self._made.get(id(recording))
                        if made is None:
                            made = self._made[id(recording)] = quick(recording, args, key)
                        self._quick = made or None
                    return recording.replay(arrays)
        if not self._warm:
            out = self.function(*args, **kwargs)
            self._warm = True
            return out
        return self._record(key, args, kwargs)

    def _record(self, key: Any, args: Any, kwargs: Any) -> Any:
        if self._delays.get(key, 0) >= _PATIENCE:
            return self.function(*args, **kwargs)
        if self.recordings >= self.max_recordings:
            if not self._full:
                self._full = True
                self.trouble = (
                    f"there are {self.recordings} recordings, the most that max_recordings "
                    "allows; calls with other shapes, dtypes, numbers or objects run as they are "
                    "written"
                )
                warnings.warn(f"capture: {self.trouble}", stacklevel=3)
            return self.function(*args, **kwargs)
        for x in tree.flatten((args, kwargs))[0]:
            if not isinstance(x, Box) and hasattr(x, "__array__"):
                raise CaptureError(
                    f"an argument is a {type(x).__module__}.{type(x).__name__}, whose values a "
                    "recording would keep; pass a Tensor: backprop.asarray(x)"
                )
        try:
            recording = Recording(self.function, args, kwargs, self.compile, self.rewinding)
        except NotNowError as error:
            self.trouble = str(error)
            self._delays[key] = self._delays.get(key, 0) + 1
            return self.function(*args, **kwargs)
        self.trouble = recording.remark
        self._delays.pop(key, None)
        self._by_key.setdefault(key, []).append(recording)
        out, recording.result = recording.result, None
        return out

    def reset(self) -> None:
        """Forget all recordings (and the memory they hold)."""
        self._by_key.clear()
        self._quick = None
        self._made.clear()
        self._delays.clear()
        self._full = False

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        """As a method: recorded for each object apart."""
        if owner is None:
            return self
        bound = Capture(
            self.function.__get__(owner, kind), self.max_recordings, self.compile, self.rewinding
        )
        try:
            object.__setattr__(owner, self.function.__name__, bound)
        except AttributeError:
            raise TypeError(
                f"capture: {type(owner).__name__} has no __dict__ to keep a recording in; capture "
                "the bound method instead: step = backprop.capture(obj.step)"
            ) from None
        return bound

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", repr(self.function))
        return f"<capture of {name}: {self.recordings} recordings, {self.replays} replays>"


def _leaves(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """The leaves of the arguments, and something to know their structure by."""
    if not kwargs:
        for x in args:
            if isinstance(x, (tuple, list, dict)):
                break
        else:  # no containers: nothing to take apart
            return args, len(args)
    leaves, structure = tree.flatten((args, kwargs))
    return leaves, repr(structure)


def _static(x: Any) -> Any:
    """What stands for an argument that is no input: a number or text by its value, another
    object by itself."""
    if isinstance(x, float):
        return (float, repr(x))  # which tells 0.0 and -0.0 apart, and knows NaN again
    if isinstance(x, (bool, int, str, bytes, type(None))):
        return (type(x), x)
    return Same(x)


def capture(
    function: Callable[..., Any] | None = None,
    *,
    max_recordings: int = 16,
    compile: bool | None = None,
) -> Any:
    """Run a training step from a recording of itself: the same results, less time.

    The function may do all of a step: clear gradients, forward, loss, backward, clipping, the
    optimizers' and the schedules' steps. Its first call runs as it is written, the second is
    recorded, and later ones replay what was recorded, with their own arguments and with the
    parameters, learning rates, step counts and random numbers as they then are. It returns what
    the function returns; Tensors come without a history.

    Tensors among the arguments may be others at each call. One of another shape, dtype or device
    makes another recording, and so do other numbers and texts, and other objects. A module's
    train() and eval(), frozen parameters and replaced ones are noticed, and so are other values of
    the numbers that the function and its helpers name themselves (globals, attributes).

    What Python does beside array operations happens when recording only: a print, a list that
    grows, a counter. (What optimizers, schedules and the library's layers count goes on.) A NumPy
    array that is made into a Tensor inside stays as it was then. A Tensor that is made inside and
    kept elsewhere (`self.last = h`) is the same object after every replay, with new values.

    Args:
        function: the step. Without it, `capture(max_recordings=...)` is a decorator.
        max_recordings: how many to keep at most; what is beyond runs as it is written.
        compile: whether Numba compiles neighbouring elementwise operations, optimizers' steps and
            what several cores can do together, with the same results bit for bit: True, when
            recording (which takes a second, and five the first time on a machine); False, never;
            None, in the background after two seconds of replays, if Numba is installed. On a GPU
            it means nothing.

    Raises:
        CaptureError: something depends on a value that another replay would have otherwise: a
            branch on a Tensor, `float(loss)`, a copy to the host, a shape that depends on data,
            a Tensor that was replaced (`self.h = new`: use copy_). The message shows the line.
            All Tensors, optimizers and random generators are as they were before the call.

    >>> import backprop as bp
    >>> model = bp.nn.Linear(2, 1)
    >>> optimizer = bp.optim.SGD(model.parameters(), lr=0.1)
    >>> @bp.capture
    ... def step(x, y):
    ...     optimizer.zero_grad()
    ...     loss = ((model(x) - y) ** 2).mean()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> x, y = bp.ones((4, 2)), bp.zeros((4, 1))
    >>> losses = [step(x, y).item() for _ in range(5)]
    >>> losses[4] < losses[0], step.recordings, step.replays
    (True, 1, 3)
    """
    if function is None:
        return lambda f: Capture(f, max_recordings, compile)
    return Capture(function, max_recordings, compile)


__all__ = ["Capture", "CaptureError", "capture"]
