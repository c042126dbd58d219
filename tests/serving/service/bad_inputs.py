"""Thirty inputs and more that a service must refuse, with the status and word it answers."""

import io
import struct
import zipfile

import numpy as np
import soundfile

N_CHANNELS, RATE = 22, 24  # bytes of a WAV's head


def wav(audio, sample_rate=8000, **options):
    file = io.BytesIO()
    soundfile.write(file, audio, sample_rate, format="WAV", **options)
    return file.getvalue()


def flac(audio, sample_rate=8000):
    file = io.BytesIO()
    soundfile.write(file, audio, sample_rate, format="FLAC")
    return file.getvalue()


def ogg():
    file = io.BytesIO()
    soundfile.write(file, SECOND, 8000, format="OGG")
    return file.getvalue()


def silent_flac(n_samples, sample_rate, *, hides_its_length):
    """Return a FLAC of silence: some kilobytes, whatever its length."""
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", sample_rate, 1, "PCM_16", format="FLAC") as sound:
        block = np.zeros(2**20, np.int16)
        for _ in range(-(-n_samples // len(block))):
            sound.write(block)
    content = bytearray(file.getvalue())
    if hides_its_length:  # the lowest 36 of 64 bits behind the rates: "not known"
        content[21] &= 0xF0
        content[22:26] = bytes(4)
    return bytes(content)


def changed(content, place, form, value):
    content = bytearray(content)
    struct.pack_into(form, content, place, value)
    return bytes(content)


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("sound.wav", wav(np.zeros(800)))
    return file.getvalue()


SECOND = np.sin(np.arange(8000) / 3) / 3
GOOD = wav(SECOND)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
HOLES = SECOND.copy()
HOLES[100] = np.nan
ENDLESS = SECOND.copy()
ENDLESS[100] = np.inf
AUDIO = {"Content-Type": "audio/wav"}

# name: (content or what makes it, headers, status, code)
BAD = {
    "no bytes": (b"", AUDIO, 422, "empty"),
    "text": (b"this is not a sound", AUDIO, 415, "not_a_sound"),
    "a picture": (PNG, AUDIO, 415, "not_a_sound"),
    "a page": (b"<!doctype html><title>x</title>", AUDIO, 415, "not_a_sound"),
    "an archive": (zipped(), AUDIO, 415, "not_a_sound"),
    "a script": (b"#!/bin/sh\nexit 1\n" * 50, AUDIO, 415, "not_a_sound"),
    "zeros": (bytes(5000), AUDIO, 415, "not_a_sound"),
    "ones": (b"\xff" * 5000, AUDIO, 415, "not_a_sound"),
    "a video's head": (b"\x00\x00\x00\x18ftypmp42" + bytes(500), AUDIO, 415, "not_a_sound"),
    "four letters": (b"RIFF", AUDIO, 415, "not_a_sound"),
    "a head alone": (GOOD[:36], AUDIO, 422, "damaged"),
    "a WAV cut off": (GOOD[:4000], AUDIO, 422, "damaged"),
    "a FLAC cut off": (flac(SECOND)[:3000], AUDIO, 422, "damaged"),
    "a FLAC with a hole": (
        flac(SECOND)[:2000] + bytes(2000) + flac(SECOND)[4000:],
        AUDIO,
        422,
        "damaged",
    ),
    "no samples": (wav(np.zeros(0)), AUDIO, 422, "too_short"),
    "one sample": (wav(np.zeros(1)), AUDIO, 422, "too_short"),
    "40 ms": (wav(np.zeros(320)), AUDIO, 422, "too_short"),
    "NaN": (wav(HOLES, subtype="FLOAT"), AUDIO, 422, "not_finite"),
    "infinity": (wav(ENDLESS, subtype="DOUBLE"), AUDIO, 422, "not_finite"),
    "31 seconds": (wav(np.zeros(31 * 8000)), AUDIO, 413, "too_long"),
    "two hours in a small file": (
        lambda: silent_flac(7200 * 8000, 8000, hides_its_length=False),
        AUDIO,
        413,
        "too_long",
    ),
    "two hours that hide": (
        lambda: silent_flac(7200 * 8000, 8000, hides_its_length=True),
        AUDIO,
        413,
        "too_long",
    ),
    "nine megabytes": (bytes(9_000_000), AUDIO, 413, "too_large"),
    "384 kHz": (wav(np.zeros(38400), 384000), AUDIO, 422, "rate"),
    "8001 Hz": (wav(np.zeros(8001), 8001), AUDIO, 422, "rate"),
    "1 Hz": (wav(np.zeros(100), 1), AUDIO, 422, "rate"),
    "a rate of 4 GHz": (changed(GOOD, RATE, "<I", 2**32 - 1), AUDIO, 415, "not_a_sound"),
    "64 channels": (wav(np.zeros((800, 64))), AUDIO, 422, "channels"),
    "no channel": (changed(GOOD, N_CHANNELS, "<H", 0), AUDIO, 415, "not_a_sound"),
    "two sounds in one Ogg": (2 * ogg(), AUDIO, 422, "several"),
    "declared as JSON": (GOOD, {"Content-Type": "application/json"}, 415, "content_type"),
    "declared as nothing": (GOOD, {}, 415, "content_type"),
    "a form": (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.wav"\r\n\r\n'
        + GOOD
        + b"\r\n--x--\r\n",
        {"Content-Type": "multipart/form-data; boundary=x"},
        415,
        "content_type",
    ),
}
