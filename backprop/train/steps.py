"""What a Trainer does with a batch, in parts that can be recorded and replayed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..nn import hooks
from ..tensor import Tensor
from .metrics import measured
from .replayed import Replayed

if TYPE_CHECKING:
    from .trainer import Trainer

Seen = Sequence[Any]
"""What the metric is to be told of a batch: its numbers, or the model's output."""


class Steps:
    """The steps of one training.

    Between a batch's loss and the change of the parameters lies a look at the loss. So there are
    two recordings: of the forward and backward pass, and of clipping and the optimizer's step.
    Schedules, callbacks and sums over batches stay outside: they are Python's.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self._gradients = Replayed(trainer, self._both_passes, trainer.capture)
        self._descent = Replayed(trainer, trainer.descend, trainer.capture)
        self._objective: Tensor | None = None

    def begin_epoch(self) -> None:
        """See whether there is something that a replay would leave out."""
        if self._gradients.on and (why := _of_its_own(self.trainer)):
            self._gradients.give_up(why)
        optimizer = self.trainer.optimizer
        if self._descent.on and (optimizer._before or optimizer._after):
            self._descent.give_up("the optimizer has a hook, which a replay would leave out")

    def losses(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor | None, Seen]:
        """(E, R, what the metric is to be told) of a batch, before the parameters change."""
        trainer = self.trainer
        if self._gradients.on:
            self._objective = None
            loss, *seen = self._gradients(x, y)
            return loss, None if trainer.penalty is None else seen.pop(0), seen
        output, loss, penalty = trainer.forward(x, y)
        self._objective = loss if penalty is None else loss + penalty
        kept = None if penalty is None else penalty.detach()
        return loss.detach(), kept, measured(trainer.metric, output.detach(), y)

    def _both_passes(self, x: Tensor, y: Tensor) -> tuple[Any, ...]:
        """E, R where there is one, and what the metric is to be told: flat, as is fastest."""
        trainer = self.trainer
        output, loss, penalty = trainer.forward(x, y)
        seen = measured(trainer.metric, output.detach(), y)
        trainer.optimizer.zero_grad()
        if penalty is None:
            loss.backward()
            return loss.detach(), *seen
        (loss + penalty).backward()
        return loss.detach(), penalty.detach(), *seen

    def update(self) -> None:
        """Change the parameters, after `losses`."""
        objective, self._objective = self._objective, None
        if objective is not None:
            self.trainer.update(objective)
        else:
            self._descent(self.trainer.clip_norm)
            self.trainer.step_is_over()


def _of_its_own(trainer: Trainer) -> str:
    """Python of the user's that a replay would leave out, as far as one can see; or ''."""
    from .trainer import Trainer

    if type(trainer).update is not Trainer.update:
        return "the trainer has an update of its own"
    if hooks.watchers:
        return "something watches the modules' outputs"
    for name, module in trainer.model.named_modules():
        if module._hooks is not None and not all(_is_ours(h.call) for h in module._hooks.all()):
            kind = f"{name or 'the model'} ({type(module).__name__})"
            return f"the layer {kind} has a hook, which a replay would leave out"
    return ""


def _is_ours(hook: Any) -> bool:
    """Whether a hook computes on arrays alone, as those of `nn.utils.spectral_norm` do."""
    return type(hook).__module__.startswith(hooks.__name__.partition(".")[0] + ".")
