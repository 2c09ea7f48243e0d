"""Lines of files, compressed or not; errors name the line."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from engine.errors import BadInput, NotFound
from engine.exchange import lines
from engine.exchange.lines import LineReader, read_whole

LINES = [b'{"n":%d}' % number for number in range(5000)]
TEXT = b"\n".join(LINES) + b"\n"


def read(path: Path) -> list[tuple[int, bytes]]:
    with LineReader(path) as reader:
        return list(reader)


@pytest.mark.parametrize(
    "data",
    [
        TEXT,
        gzip.compress(TEXT),
        zstandard.compress(TEXT),
        zstandard.compress(TEXT[:3000]) + zstandard.compress(TEXT[3000:]),
        zstandard.ZstdCompressor(
            compression_params=zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
        ).compress(TEXT),
    ],
    ids=["plain", "gzip", "zstd", "two frames", "long window"],
)
def test_compression_is_told_by_the_contents(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    assert read(tmp_path / "file") == list(enumerate(LINES, 1))


def test_blank_lines_count_but_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xef\xbb\xbfa\n\n  \t\nb")
    assert read(tmp_path / "f") == [(1, b"a"), (4, b"b")]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    assert read(tmp_path / "f") == []


@pytest.mark.parametrize("pack", [zstandard.compress, gzip.compress])
def test_a_cut_file_gives_what_is_there_and_says_where_it_was_cut(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    noise = b"".join(os.urandom(40).hex().encode() + b"\n" for _ in range(30_000))
    data = pack(noise)
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    found = []

    def read_on(reader: LineReader) -> None:
        for number, line in reader:
            assert line == noise[81 * (number - 1) : 81 * number - 1]
            found.append(number)

    with LineReader(tmp_path / "cut") as reader, pytest.raises(BadInput, match=r"cut:\d+: the compressed file ends in"):
        read_on(reader)
    assert found == list(range(1, len(found) + 1))
    assert 5_000 < len(found) < 25_000


def test_damaged_compression_is_named(tmp_path: Path) -> None:
    data = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(TEXT))
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "bad").write_bytes(bytes(data))
    with pytest.raises(BadInput, match=r"bad:\d+: the file cannot be decompressed"):
        read(tmp_path / "bad")


def test_a_line_that_unfolds_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1 << 20)
    (tmp_path / "bomb").write_bytes(zstandard.compress(b"{}\n" + b" " * (64 << 20)))
    with pytest.raises(BadInput, match="bomb:2: the line is longer than 1 MiB"):
        read(tmp_path / "bomb")


def test_progress_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(TEXT)
    with LineReader(tmp_path / "f") as reader:
        assert reader.size == len(TEXT)
        assert [reader.done for _ in reader][-1] == len(TEXT)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no such file"):
        LineReader(tmp_path / "none")
    with pytest.raises(BadInput, match="is a folder"):
        LineReader(tmp_path)


def test_a_whole_file_up_to_a_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(gzip.compress(b"x" * 100))
    assert read_whole(tmp_path / "f", 100) == b"x" * 100
    assert len(read_whole(tmp_path / "f", 10)) == 11
    (tmp_path / "f").write_bytes(gzip.compress(b"x" * 100)[:15])
    with pytest.raises(BadInput, match="cannot be read"):
        read_whole(tmp_path / "f", 100)
