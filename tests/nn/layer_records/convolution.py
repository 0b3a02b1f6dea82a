"""Convolutions and transposed convolutions, over one, two and three axes."""

from __future__ import annotations

from .record import Record, grid

_2D = ((2, 2, 5, 4),)
_1D = ((2, 2, 7),)
_3D = ((1, 2, 3, 4, 3),)

RECORDS = [
    # one argument at a time, then those that interact
    *grid("Conv1d", 2, 3, 3, stride=[1, 2], padding=[0, 1], inputs=[_1D, ((2, 6),)]),
    *grid("Conv1d", 2, 4, 2, padding=["same", "valid"], dilation=[1, 3], bias=[False],
          inputs=[_1D]),
    *grid("Conv1d", 2, 2, 3, padding=[2], padding_mode=["reflect", "replicate", "circular"],
          inputs=[_1D, ((2, 4),)]),
    *grid("Conv2d", 2, 3, (3, 2), stride=[1, (2, 1)], padding=[0, (1, 2)], inputs=[_2D]),
    *grid("Conv2d", 2, 4, 2, groups=[1, 2], dilation=[(1, 2)], stride=[1, 3], padding=[1],
          inputs=[_2D]),
    *grid("Conv2d", 4, 4, 3, groups=[4, 2], padding=["same"], bias=[False],
          inputs=[((1, 4, 3, 4),)]),
    *grid("Conv2d", 2, 1, (3, 4), padding=["same"], inputs=[_2D, ((2, 4, 3),)],
          padding_mode=["zeros", "reflect", "circular", "replicate"]),
    *grid("Conv2d", 2, 3, 1, stride=[1, 2], inputs=[_2D, ((0, 2, 3, 3),)]),
    *grid("Conv3d", 2, 2, (2, 3, 1), stride=[1, (1, 2, 2)], padding=[(1, 1, 0)], inputs=[_3D]),
    *grid("Conv3d", 2, 2, 2, groups=[2], dilation=[(1, 2, 1)], padding_mode=["circular"],
          padding=[(0, 1, 1)], inputs=[_3D, ((2, 2, 3, 3),)]),
    *grid("ConvTranspose1d", 2, 3, 3, stride=[1, 2], padding=[0, 2], inputs=[((2, 2, 4),)]),
    *grid("ConvTranspose1d", 2, 4, 3, stride=[2], padding=[0, 1], output_padding=[1, 2],
          groups=[2], dilation=[3], inputs=[((2, 2, 3),), ((2, 3),)]),
    *grid("ConvTranspose1d", 2, 2, 2, dilation=[4], output_padding=[3], padding=[0, 1, 4],
          inputs=[((1, 2, 4),)]),
    *grid("ConvTranspose2d", 2, 3, (3, 2), stride=[1, (2, 3)], padding=[0, (1, 0)],
          bias=[False], inputs=[((2, 2, 3, 2),)]),
    *grid("ConvTranspose2d", 2, 2, 3, stride=[2], output_padding=[(1, 0)], groups=[1, 2],
          padding=[1], inputs=[((1, 2, 2, 3),), ((2, 3, 2),)]),
    *grid("ConvTranspose2d", 2, 1, 1, stride=[2], inputs=[((1, 2, 2, 2),)]),
    *grid("ConvTranspose3d", 2, 2, (1, 2, 3), stride=[1, (2, 1, 2)], padding=[(0, 1, 1)],
          inputs=[((1, 2, 2, 3, 2),)]),
    *[
        Record("ConvTranspose2d", (2, 1, 3), {"stride": 2, "padding": 1}, inputs=((1, 2, 3, 2),),
               call={"output_size": size})
        for size in [(5, 3), (6, 4), [5, 4], (1, 1, 6, 3)]
    ],
    Record("functional.conv1d", inputs=((2, 6), (3, 2, 2), (3,))),
    Record("functional.conv2d", (None, 2, 1, 1, 2), inputs=((1, 2, 4, 5), (2, 1, 2, 3))),
    Record("functional.conv2d", kwargs={"padding": "same", "dilation": 2},
           inputs=((1, 1, 4, 3), (2, 1, 2, 2), (2,))),
    Record("functional.conv3d", kwargs={"padding": (0, 1, 0)},
           inputs=((1, 1, 2, 2, 3), (1, 1, 2, 3, 2))),
    Record("functional.conv_transpose1d", kwargs={"stride": 2}, inputs=((2, 3), (2, 1, 3), (1,))),
    Record("functional.conv_transpose2d", (None, 2, 1, 1, 2, 2),
           inputs=((1, 2, 3, 2), (2, 1, 2, 3))),
    Record("functional.conv_transpose3d", kwargs={"groups": 2},
           inputs=((1, 2, 2, 1, 2), (2, 1, 2, 2, 1), (2,))),
    *grid("Unfold", (2, 3), dilation=[1, (2, 1)], padding=[0, (1, 2)], stride=[1, (1, 2)],
          inputs=[((2, 2, 4, 5),)]),
    *grid("Unfold", 2, stride=[3], inputs=[((2, 4, 5),), ((0, 1, 3, 3),)]),
    *grid("Fold", (4, 5), (2, 3), padding=[0], stride=[1], inputs=[((2, 12, 9),)]),
    *grid("Fold", 4, 2, dilation=[2], padding=[(1, 0)], stride=[(2, 1)],
          inputs=[((1, 8, 4),), ((4, 4),)]),
    Record("functional.fold", ((3, 4), 2, 1, 0, 2), inputs=((2, 4, 2),)),
    Record("functional.unfold", (3, 1, 1, 2), inputs=((1, 2, 3, 4),)),
    Record("a small network", make=lambda nn: nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.Conv2d(2, 3, 2, stride=2), nn.Flatten(),
        nn.Linear(12, 2)), inputs=((2, 1, 4, 4),)),
]  # fmt: skip
