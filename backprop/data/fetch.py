"""Getting the files of a published data set: from a folder, the cache, or the network, once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from backends.folders import cache_dir

from .idx import contents

TIMEOUT = 30.0
_MOST = 2**28  # no file of these data sets is nearly as large, compressed or not


class DownloadError(OSError):
    """The files of a data set are not here and cannot be had; the message says what to do."""


def folder_of(name: str, file: str) -> Path | None:
    """Where `BACKPROP_DATA` holds this file: in a folder named for the data set, or directly."""
    root = os.environ.get("BACKPROP_DATA")
    if not root:
        return None
    plain = file.removesuffix(".gz")
    for folder in (Path(root).expanduser() / name, Path(root).expanduser()):
        for path in (folder / file, folder / plain):
            if path.is_file():
                return path
    return None


def get(
    name: str,
    files: Mapping[str, str],
    mirrors: tuple[str, ...],
    *,
    opener: Callable[..., Any] | None = None,
    say: Callable[[str], None] | None = None,
) -> dict[str, bytes]:
    """The contents (decompressed) of a data set's files, by file name.

    Each file is looked for in `BACKPROP_DATA` (as `NAME/FILE` or `FILE`, compressed or not), then
    in the cache; what is in neither is downloaded into the cache. A downloaded or cached file
    counts only if the SHA-256 of its contents is the known one: checksums are of the contents,
    since mirrors may compress the same contents differently.

    Args:
        name: the data set's, and its folder's in the cache.
        files: the SHA-256 of the contents of each file.
        mirrors: addresses to put a file name after, tried in order.
        opener: called as `urllib.request.urlopen`, which is the default.
        say: told of each download; default: a line on standard error.

    Raises:
        DownloadError: a file is nowhere to be had, or no mirror gives the right contents.
    """
    return {file: _get(name, file, files, mirrors, opener, say) for file in files}


def _get(
    name: str,
    file: str,
    files: Mapping[str, str],
    mirrors: tuple[str, ...],
    opener: Callable[..., Any] | None,
    say: Callable[[str], None] | None,
) -> bytes:
    path = folder_of(name, file)
    if path is not None:
        return contents(path, _MOST)
    path = cache_dir() / name / file
    if path.is_file():
        try:
            return _verified(path, files[file])
        except ValueError:
            pass  # damaged since it was stored: get it again
    reasons = []
    for mirror in mirrors:
        try:
            return _download(mirror + file, path, files[file], opener, say)
        except (OSError, ValueError) as error:
            reasons.append(f"  {mirror + file}: {error or type(error).__name__}")
    raise DownloadError(
        f"{name}: the file {file} is not here and could not be downloaded:\n"
        + "\n".join(reasons)
        + f"\nPut the files {', '.join(files)} into {path.parent}, or into a folder {name} and "
        "set BACKPROP_DATA to the folder that holds it."
    )


def _download(
    url: str,
    path: Path,
    digest: str,
    opener: Callable[..., Any] | None,
    say: Callable[[str], None] | None,
) -> bytes:
    """Into a temporary file beside `path`, renamed once it is whole and right; else removed."""
    import tempfile
    from http.client import HTTPException

    if opener is None:
        from urllib.request import urlopen

        opener = urlopen
    path.parent.mkdir(parents=True, exist_ok=True)
    (say or _say)(f"downloading {url}")
    handle, temporary = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out, opener(url, timeout=TIMEOUT) as response:
            size = 0
            while chunk := response.read(1 << 18):
                size += len(chunk)
                if size > _MOST:
                    raise ValueError("sends more than the file can hold")
                out.write(chunk)
        content = _verified(Path(temporary), digest)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except HTTPException as error:
        os.unlink(temporary)
        raise ValueError(f"the download broke off ({error!r})") from error
    except BaseException:
        os.unlink(temporary)
        raise
    return content


def _verified(path: Path, digest: str) -> bytes:
    import hashlib

    content = contents(path, _MOST)
    got = hashlib.sha256(content).hexdigest()
    if got != digest:
        raise ValueError(f"wrong checksum: got {got}, wanted {digest}; nothing was kept")
    return content


def _say(line: str) -> None:
    print(line, file=sys.stderr)
