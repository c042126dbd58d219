"""Speech from eSpeak NG, a free synthesiser that runs as a program of its own."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np

VERSION = "1.51"  # the committed speech was made with this one


class SpeechUnavailableError(RuntimeError):
    """eSpeak NG is missing, or is not the version that made the committed files."""


def installed_version() -> str | None:
    """Return the version of espeak-ng on this machine, or None where there is none."""
    program = shutil.which("espeak-ng")
    if program is None:
        return None
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"text-to-speech: (\S+)", answer.stdout)
    return found.group(1) if found else "unknown"


def require() -> None:
    """Raise unless the recorded version is here."""
    version = installed_version()
    if version is None:
        raise SpeechUnavailableError(
            "espeak-ng is not installed: sets with speech cannot be made. "
            f"Install espeak-ng {VERSION} (Debian, Ubuntu: apt install espeak-ng), or make "
            "the other sets only: python tools/make_embedded.py chorales environmental_sounds "
            "examples rooms"
        )
    if version != VERSION:
        raise SpeechUnavailableError(
            f"espeak-ng {version} is installed, and the committed speech was made with {VERSION}: "
            "its bytes would change. Install that version, or change VERSION in "
            "tools/embedded_recipes/espeak.py and the note in data/README.md, and commit new files"
        )


def say(text, *, voice, pitch=50, words_per_minute=160, emphasis=None):
    """Return (audio, sample_rate) of `text` in an eSpeak NG voice such as "en-us+f2"."""
    command = ["espeak-ng", "-v", voice, "-p", str(int(pitch)), "-s", str(int(words_per_minute))]
    if emphasis is not None:
        command += ["-m"]  # mark-up is read, so that the range of the melody can be set
        text = f'<speak><prosody range="{emphasis}">{text}</prosody></speak>'
    run = subprocess.run([*command, "--stdout", text], capture_output=True, check=True)
    # Written to a pipe, the header holds no true length: the samples follow its 44 bytes.
    sample_rate = int.from_bytes(run.stdout[24:28], "little")
    samples = np.frombuffer(run.stdout[44 : 44 + (len(run.stdout) - 44) // 2 * 2], "<i2")
    if len(samples) == 0:
        raise SpeechUnavailableError(f"espeak-ng said nothing for {text!r}: {run.stderr.decode()}")
    return samples.astype(np.float64) / 32768, sample_rate
