"""Downloads: verified, whole or not at all, and what is said without a network."""

import gzip
import hashlib
import io
import os
import sys

import numpy as np
import pytest

import backprop.data as bpd
from backprop.data import builtin, fetch


def idx(shape: tuple[int, ...], body: bytes) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape) + body


CONTENTS = {
    "train-images-idx3-ubyte.gz": idx((4, 28, 28), bytes(range(196)) * 16),
    "train-labels-idx1-ubyte.gz": idx((4,), bytes([3, 0, 9, 1])),
    "t10k-images-idx3-ubyte.gz": idx((2, 28, 28), bytes(2 * 784)),
    "t10k-labels-idx1-ubyte.gz": idx((2,), bytes([1, 2])),
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A small MNIST of known checksums, and an empty cache."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENTS.items()}
    monkeypatch.setattr(
        builtin, "_FILES", {"mnist": sums, "fashion-mnist": dict.fromkeys(sums, "0" * 64)}
    )
    monkeypatch.delenv("BACKPROP_DATA", raising=False)
    monkeypatch.setattr(fetch, "cache_dir", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def kept(cache) -> list[str]:
    return sorted(os.listdir(cache / "mnist")) if (cache / "mnist").exists() else []


class Server:
    """Stands in for urllib's urlopen."""

    def __init__(self, change=lambda url, data: data) -> None:
        self.asked, self.change = [], change

    def __call__(self, url, timeout):
        self.asked.append(url)
        data = gzip.compress(CONTENTS[url.rpartition("/")[2]], compresslevel=1)
        data = self.change(url, data)
        if isinstance(data, BaseException):
            raise data
        return io.BytesIO(data) if isinstance(data, bytes) else data


def test_downloads_once_and_says_so(cache):
    server, said = Server(), []
    data = bpd.mnist(opener=server, say=said.append)
    assert data.x.shape == (4, 28, 28)
    assert data.y.tolist() == [3, 0, 9, 1]
    assert len(data.test) == 2
    assert len(server.asked) == len(said) == 4
    assert kept(cache) == sorted(CONTENTS)
    bpd.mnist(opener=server)
    assert len(server.asked) == 4


def test_announces_on_standard_error(cache, capsys):
    bpd.mnist(opener=Server())
    assert capsys.readouterr().err.startswith("downloading https://storage.googleapis.com/")


def test_next_mirror_when_one_fails_or_is_wrong(cache):
    wrong = gzip.compress(b"something else")
    server = Server(lambda url, data: wrong if "googleapis" in url else data)
    assert len(bpd.mnist(opener=server, say=str)) == 4
    assert len(server.asked) == 8


def test_wrong_checksum_is_an_error_and_nothing_is_kept(cache):
    server = Server(lambda url, data: gzip.compress(b"something else"))
    with pytest.raises(bpd.DownloadError, match=r"wrong checksum: got .* nothing was kept"):
        bpd.mnist(opener=server, say=str)
    assert kept(cache) == []


def test_truncated_download_is_an_error_and_nothing_is_kept(cache):
    server = Server(lambda url, data: data[: len(data) // 2])
    with pytest.raises(bpd.DownloadError, match="damaged or cut short"):
        bpd.mnist(opener=server, say=str)
    assert kept(cache) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_interrupted_download_leaves_nothing(cache, error):
    class Breaks(io.BytesIO):
        def read(self, *args):
            data = super().read(10)
            if self.tell() > 20:
                assert kept(cache)  # the part so far
                raise error
            return data

    with pytest.raises(type(error)):
        bpd.mnist(opener=Server(lambda url, data: Breaks(data)), say=str)
    assert kept(cache) == []


def test_offline_error_says_which_files_where_and_the_variable(cache):
    server = Server(lambda url, data: OSError("Name or service not known"))
    with pytest.raises(bpd.DownloadError) as caught:
        bpd.mnist(opener=server, say=str)
    for part in ("not known", *CONTENTS, str(cache / "mnist"), "BACKPROP_DATA"):
        assert part in str(caught.value)
    assert kept(cache) == []


def test_damaged_file_in_the_cache_is_fetched_again(cache):
    bpd.mnist(opener=Server(), say=str)
    (cache / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(b"junk")
    server = Server()
    bpd.mnist(opener=server, say=str)
    assert len(server.asked) == 1


@pytest.mark.parametrize("where", ["", "mnist"])
@pytest.mark.parametrize("compressed", [True, False])
def test_folder_named_by_the_variable(cache, tmp_path, monkeypatch, where, compressed):
    folder = tmp_path / "mine" / where
    folder.mkdir(parents=True)
    for name, data in CONTENTS.items():
        file = name if compressed else name.removesuffix(".gz")
        (folder / file).write_bytes(gzip.compress(data) if compressed else data)
    monkeypatch.setenv("BACKPROP_DATA", str(tmp_path / "mine"))
    server = Server()
    data = bpd.load("mnist")
    assert np.array_equal(data.x[0].ravel()[:196], np.arange(196))
    assert server.asked == []


def test_the_other_set_in_the_folder_is_noticed(cache, tmp_path, monkeypatch):
    monkeypatch.setitem(builtin._FILES, "fashion-mnist", builtin._FILES["mnist"])
    monkeypatch.setitem(builtin._FILES, "mnist", dict.fromkeys(CONTENTS, "0" * 64))
    for name, data in CONTENTS.items():
        (tmp_path / name).write_bytes(gzip.compress(data))
    monkeypatch.setenv("BACKPROP_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="belongs to fashion-mnist, wanted that of mnist"):
        bpd.mnist()


def test_cache_follows_the_custom_of_the_system(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert fetch.cache_dir() == tmp_path / "backprop"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert fetch.cache_dir().parts[-2:] == (".cache", "backprop")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert fetch.cache_dir().parts[-3:] == ("Library", "Caches", "backprop")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert fetch.cache_dir() == tmp_path / "backprop" / "Cache"
