"""Measuring devices against each other on the training that is to run on them."""

from .choose import Choice, choose_device
from .comparison import compare
from .plan import Plan

__all__ = ["Choice", "Plan", "choose_device", "compare"]
