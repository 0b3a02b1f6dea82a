"""The losses, each derived from its likelihood."""

from .modules import *  # noqa: F403
