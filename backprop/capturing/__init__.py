"""Record once, replay: a training step without Python's overhead.

capture.py     `bp.capture`: when to record, what to replay
recording.py   one recording of a step
guards.py      what must still be so for it to be replayed
places.py      where a step finds what is not among its arguments
chance.py      random numbers from elsewhere
quick.py       the shortest way to a replay
watch.py       what a step does with Tensors beside computing: reading, changing, keeping them
"""

from backends.record import CaptureError

from .capture import Capture, capture

__all__ = ["Capture", "CaptureError", "capture"]
