"""A function that a Trainer calls with every batch: replayed, or as it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from backends.record import current

from ..capturing import Capture, CaptureError
from ..nn import Module
from . import effects
from .metrics import of_sums

if TYPE_CHECKING:
    from .trainer import Trainer

_MOST = 8
"""How many recordings are kept at a time: so many sizes of batch are seldom met."""

_PATIENCE = 4
"""How many calls in a row may put off being recorded."""

_WORTH = 4
"""How many replays a recording must lead to, to be worth its time."""


class Replayed:
    """Calls a function through `bp.capture`, as a Trainer's `capture` says.

    With "auto" a function that cannot be recorded is called as it is written, for that batch and
    from then on: what the recording had changed is put back first, so nothing is lost. Why is told
    once, in `Trainer.capture_trouble` and to the callbacks. With True that is an error.

    Args:
        trainer: whose function it is.
        function: of a batch's Tensors.
        how: "auto", True or False, as a Trainer's `capture`.
    """

    def __init__(self, trainer: Trainer, function: Callable[..., Any], how: bool | str) -> None:
        self.trainer, self.function, self.insists = trainer, function, how is True
        self.captured: Capture | None = None
        if how is not False:
            self.captured = Capture(self._watched, _MOST + 1, rewinding=not self.insists)
        self._unseen = ""
        self._made = self._known = self._late = 0
        self._state: Any = None

    @property
    def on(self) -> bool:
        """Whether calls are recorded and replayed."""
        return self.captured is not None

    def __call__(self, *args: Any) -> Any:
        captured = self.captured
        if captured is None:
            return self.function(*args)
        state = self._parts()
        if state != self._state:
            captured.reset()
            self._state, self._known = state, 0
        replays = captured.replays
        try:
            out = captured(*args)
        except CaptureError as error:
            if self.insists:
                raise
            why = str(error)
        else:
            if captured.replays == replays:
                self._look(captured)
            elif self._late:
                self._late = 0
            return out
        out = self.function(*args)  # whose own errors are to look as they do without recordings
        self.give_up(why)
        return out

    def _watched(self, *args: Any) -> Any:
        """The function, as it is called first, and for recordings."""
        if current() is None:
            return self.function(*args)
        before = effects.state(self.trainer)
        out = self.function(*args)
        self._unseen = effects.changed(before, effects.state(self.trainer))
        return out

    def give_up(self, why: str) -> None:
        """Call the function as it is written from now on."""
        if self.insists:
            raise CaptureError(why)
        self.captured = None
        self.trainer.not_captured(why)

    def _parts(self) -> list[Any]:
        """What the function depends on beside modules and Tensors, which a recording looks after:
        other parts of the training, and their numbers."""
        t = self.trainer
        metric = t.metric if of_sums(t.metric) else None
        found: list[Any] = [t.model, t.loss, t.penalty, metric]
        for part in (t.loss, t.penalty, metric):
            if not isinstance(part, Module):
                found.append(effects.numbers(part))
        return found

    def _look(self, captured: Capture) -> None:
        """After a call that was no replay: see whether recordings are of use."""
        if self._unseen:
            self.give_up(self._unseen)
            return
        self._late = 0 if captured.trouble is None else self._late + 1
        if self._late >= _PATIENCE:
            self.give_up(str(captured.trouble))
            return
        self._made += max(0, captured.recordings - self._known)
        self._known = captured.recordings
        if self._made < _MOST:
            return
        if captured.replays < _WORTH * self._made:
            self.give_up(
                "something that a batch's step depends on (a number that the model keeps, or the "
                f"size of the batches) is another so often that {self._made} recordings led to "
                f"{captured.replays} replays"
            )
        elif captured.recordings >= _MOST:
            captured.reset()
            self._known = 0
