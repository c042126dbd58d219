"""A service in a thread, networks that wait to be told, and sounds to send.

No test here may depend on how fast the machine is: what must have happened is waited for.
"""

import contextlib
import io
import threading
import time

import numpy as np
import soundfile

from audiolessons.serving.service import Settings, make_app, running

PATIENCE_S = 60.0  # with a machine that has much else to do


@contextlib.contextmanager
def served(make_networks, *, settings=None, **options):
    """Yield the address of a service, and its application."""
    patient = {"receive_s": PATIENCE_S, "answer_s": PATIENCE_S, "idle_s": PATIENCE_S}
    settings = settings or Settings(requests_a_second=1e6, burst=10**6, n_threads=2, **patient)
    app = make_app(make_networks, settings=settings, **options)
    ready = threading.Event()
    with running._listening("127.0.0.1", 0) as listener:
        address = running._address(listener)
        server = running._make_server(app, settings, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(PATIENCE_S)
            yield address, app
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def until(holds):
    """Wait until something holds, however slow the machine is."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


class Still:
    """Networks that hear nothing; `calls` holds the sizes of batches."""

    def __init__(self):
        self.calls = []

    def denoise(self, sounds):
        return self._take(sounds, list(sounds))

    def recognise(self, sounds):
        return self._take(sounds, [[] for _ in sounds])

    def _take(self, sounds, answers):
        self.calls.append(len(sounds))
        return answers


class Held(Still):
    """The same, but they compute until they are let go."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()

    def _take(self, sounds, answers):
        super()._take(sounds, answers)
        assert self.go.wait(PATIENCE_S)
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
