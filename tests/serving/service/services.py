"""A service in a thread, networks that only take time, and sounds to send."""

import contextlib
import io
import threading
import time

import numpy as np
import soundfile

from audiolessons.serving.service import Settings, make_app, running


@contextlib.contextmanager
def served(make_networks, *, settings=None, **options):
    """Yield the address of a service, and its application."""
    settings = settings or Settings(requests_a_second=1e6, burst=10**6, n_threads=2)
    app = make_app(make_networks, settings=settings, **options)
    ready = threading.Event()
    with running._listening("127.0.0.1", 0) as listener:
        address = running._address(listener)
        server = running._make_server(app, settings, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(10)
        try:
            yield address, app
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


class Slow:
    """Networks that take `seconds` a batch and hear nothing; `calls` holds the sizes of batches."""

    def __init__(self, seconds=0.0):
        self.seconds, self.calls = seconds, []

    def denoise(self, sounds):
        return self._take(sounds, list(sounds))

    def recognise(self, sounds):
        return self._take(sounds, [[] for _ in sounds])

    def _take(self, sounds, answers):
        self.calls.append(len(sounds))
        time.sleep(self.seconds)
        return answers


def tone(seconds=0.5, *, sample_rate=8000, hz=440.0):
    """Return a tone (T,)."""
    return (
        0.3 * np.sin(2 * np.pi * hz * np.arange(int(seconds * sample_rate)) / sample_rate)
    ).astype(np.float32)


def file_of(audio, sample_rate=8000, *, kind="WAV", **options):
    """Return the bytes of a sound file."""
    file = io.BytesIO()
    soundfile.write(file, audio, sample_rate, format=kind, **options)
    return file.getvalue()


WAV = {"Content-Type": "audio/wav"}
