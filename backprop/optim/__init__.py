"""Optimizers: how a step follows from the gradients. PyTorch's names, formulas and defaults."""

from .adam import Adam
from .adamw import AdamW
from .arena import Arena
from .clipping import clip_grad_norm_, clip_grad_value_
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Arena",
    "Optimizer",
    "RMSprop",
    "clip_grad_norm_",
    "clip_grad_value_",
]
