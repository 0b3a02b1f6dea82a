"""Schedules: how the learning rate changes from step to step, or from epoch to epoch.

A schedule is made with an optimizer and sets `lr` in its parameter groups whenever its `step()`
is called: after each epoch, or after each step of the optimizer, as its numbers are meant. Names,
arguments and rates are PyTorch's.
"""

from .base import LRScheduler
from .composed import ChainedScheduler, SequentialLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cyclic import CyclicLR
from .functions import LambdaLR, MultiplicativeLR
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau
from .ramps import ConstantLR, LinearLR, PolynomialLR
from .steps import ExponentialLR, MultiStepLR, StepLR
from .swa import SWALR

__all__ = [
    "SWALR", "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
    "CyclicLR", "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR",
    "MultiplicativeLR", "OneCycleLR", "PolynomialLR", "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip
