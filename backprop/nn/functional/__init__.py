"""Layers, activations and losses as functions of Tensors, without parameters of their own."""

from .activations import *  # noqa: F403
from .dropout import *  # noqa: F403
from .linear import *  # noqa: F403
from .losses import *  # noqa: F403
