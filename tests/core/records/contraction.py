"""Contractions and Einstein's summation."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *


def _pair(left: str, right: str, result: str, **sizes: int) -> Sample:
    x, y = (
        tuple(sizes.get(a, "abcdefghij".index(a) % 3 + 2) for a in word) for word in (left, right)
    )
    domain = "complex" if sizes.pop("complex", 0) else "any"
    args = values("contract" + left, x, domain), values("contract" + right, y, "any")
    return Sample(args, {"left": left, "right": right, "result": result})


def _einsum(subscripts: str, *shapes: tuple[int, ...], domain: str = "any") -> Sample:
    return Sample((subscripts, *[values(f"einsum{i}", s, domain) for i, s in enumerate(shapes)]))


RECORDS = [
    of(
        "contract", lambda x, y, left, right, result: np.einsum(f"{left},{right}->{result}", x, y),
        _pair("ab", "bc", "ac"), _pair("ab", "bc", "ca"), _pair("ba", "cb", "ac"), _pair("ab", "cb", "ac"),
        _pair("abc", "acd", "abd"), _pair("bac", "dca", "dba"), _pair("a", "b", "ab"), _pair("a", "b", "ba"),
        _pair("", "ab", "ba"), _pair("ab", "", "ab"), _pair("", "", ""), _pair("a", "a", ""), _pair("ab", "ba", ""),
        _pair("ab", "ab", "ab"), _pair("ab", "ba", "ba"), _pair("abc", "b", "cba"), _pair("ab", "b", "a"), _pair("b", "ab", "a"),
        _pair("ab", "ab", "a"), _pair("abcd", "dbce", "ea"), _pair("abcd", "cbe", "deab"), _pair("ab", "bc", "ac", b=0),
        _pair("ab", "bc", "ac", a=0), _pair("ab", "bc", "ac", a=1, b=1, c=1), _pair("ab", "bc", "ac", complex=1),
        torch=lambda x, y, left, right, result: pytorch().einsum(f"{left},{right}->{result}", *_alike(x, y)),
    ),
    of(
        "bp.einsum", lambda subscripts, *xs: np.einsum(subscripts, *xs),
        _einsum("ij,jk->ik", (2, 3), (3, 4)), _einsum("ij,jk", (2, 3), (3, 4)), _einsum("bij,bjk->bik", (2, 3, 2), (2, 2, 3)),
        _einsum("bhqd,bhkd->bhqk", (2, 1, 3, 2), (2, 1, 2, 2)), _einsum("bqhd,bkhd->bhqk", (2, 2, 1, 3), (2, 4, 1, 3)),
        _einsum("ij->ji", (2, 3)), _einsum("ba", (2, 3)), _einsum("ij->ij", (2, 3)), _einsum("ii->i", (3, 3)), _einsum("ii", (3, 3)),
        _einsum("ii->", (1, 1)), _einsum("iij->ji", (2, 2, 3)), _einsum("iji->j", (2, 3, 2)), _einsum("iii->i", (2, 2, 2)),
        _einsum("ijij->ij", (2, 3, 2, 3)), _einsum("ij->", (2, 3)), _einsum("ij->j", (2, 3)), _einsum("->", ()),
        _einsum("i,j->ij", (2,), (3,)), _einsum("i,i->", (3,), (3,)), _einsum("i,i->i", (3,), (3,)), _einsum("i,->i", (3,), ()),
        _einsum(",", (), ()), _einsum("ij,kl->", (2, 3), (2, 2)), _einsum("ij,ik,il->jkl", (2, 2), (2, 3), (2, 2)),
        _einsum("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)), _einsum("ij,jk,kl,lm", (2, 3), (3, 4), (4, 2), (2, 2)),
        _einsum("i,ij,j", (2,), (2, 3), (3,)), _einsum("ii,jj->ij", (2, 2), (3, 3)), _einsum("ij,ij,ij->ij", (2, 3), (2, 3), (2, 3)),
        _einsum("ij,ji->ij", (2, 3), (3, 2)), _einsum("A,aB->BAa", (2,), (3, 2)), _einsum(" i j , j k -> i k ", (2, 3), (3, 2)),
        _einsum("...ij,...jk->...ik", (2, 3, 2), (2, 2, 3)), _einsum("...ij,...jk", (2, 1, 3, 2), (4, 2, 3)),
        _einsum("...i->...", (2, 3)), _einsum("...", (2, 3)), _einsum("i...->...i", (2, 3, 4)), _einsum("...,...->...", (2, 3), (3,)),
        _einsum("i...j,...k->k...i", (2, 4, 3), (4, 2)), _einsum("...i,i->...i", (2, 3), (3,)), _einsum("...ii->...i", (2, 3, 3)),
        _einsum("...,i->i...", (), (3,)), _einsum("ij,jk->ik", (2, 1), (3, 4)), _einsum("ij,ij->ij", (1, 3), (2, 3)),
        _einsum("ij,ij->", (1, 3), (2, 1)), _einsum("ij,jk->ik", (0, 3), (3, 2)), _einsum("ij,jk->ik", (2, 0), (0, 2)),
        _einsum("ii->i", (0, 0)), _einsum("ij,jk->ik", (2, 3), (3, 2), domain="complex"), _einsum("ii->i", (2, 2), domain="complex"),
        torch=lambda subscripts, *xs: pytorch().einsum(subscripts, *xs),
    ),
]  # fmt: skip


def _alike(*xs: Any) -> Any:
    """PyTorch's einsum wants one dtype."""
    kind = max((x.dtype for x in xs), key=lambda t: t.is_complex)
    return [x.to(kind) for x in xs]
