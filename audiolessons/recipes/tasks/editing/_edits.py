"""What an edit must keep to, measured: loudness, peaks after a codec, memory."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from audiolessons import editing, files, signals
from audiolessons.recipes.tasks.editing import spoken_scenes
from audiolessons.recipes.tasks.editing.spoken_scenes import SAMPLE_RATE
from audiolessons.results import Row

DELIVERY_RATE = 44100
BITRATES_KBPS = (64, 128)
CEILINGS_DBTP = {"at_1": -1.0, "at_2": -2.0}  # the second one is that of the command `edit`
MINUTES = (6, 60)  # of the recordings that memory is compared on


def loudness_rows():
    """Yield how far the reference signals of EBU Tech 3341, cases 1 to 5, are read wrongly."""
    cases = [
        (-23, [(-23, 20)]),
        (-33, [(-33, 20)]),
        (-23, [(-36, 10), (-23, 60), (-36, 10)]),
        (-23, [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)]),
        (-23, [(-26, 20), (-20, 20.1), (-26, 20)]),
    ]
    off = []
    for expected, parts in cases:
        amplitude = np.concatenate(
            [np.full(round(s * 48000), signals.db_to_amplitude(db)) for db, s in parts]
        )
        wave = amplitude * np.sin(2 * np.pi * 1000 * np.arange(len(amplitude)) / 48000)
        read = editing.integrated_lufs(np.stack([wave, wave]), sample_rate=48000)
        off.append(abs(read - expected))
    how = "EBU Tech 3341, cases 1 to 5, the largest error"
    yield Row("error", max(off), "LU", "<= 0.1", how, exact=True)


def delivery_rows(quick):
    """Yield the highest true peak after MP3 of readers brought to -16 LUFS and limited."""
    scenes_ = spoken_scenes.load("test", first=2 if quick else None)
    for name, ceiling_dbtp in CEILINGS_DBTP.items():
        highest = {bitrate: [] for bitrate in BITRATES_KBPS}
        for scene in scenes_:
            audio = signals.resample(scene.noisy(20), from_rate=SAMPLE_RATE, to_rate=DELIVERY_RATE)
            audio = editing.bring_to_loudness(audio, sample_rate=DELIVERY_RATE, lufs=-16.0)
            audio = editing.limit(audio, sample_rate=DELIVERY_RATE, ceiling_dbtp=ceiling_dbtp)
            for bitrate in BITRATES_KBPS:
                highest[bitrate].append(peak_after_mp3(audio, bitrate))
        for bitrate, values in highest.items():
            yield Row(
                f"{name}.peak_{bitrate}k",
                max(values),
                "dBTP",
                goal="<= -1" if name == "at_2" else "",
                how=f"limited to {ceiling_dbtp:g} dBTP, -16 LUFS, MP3, highest of {len(values)}",
                exact=True,
            )


def peak_after_mp3(audio, bitrate_kbps):
    """Return the true peak in dBTP of a sound (T,) that was written as MP3 and read again."""
    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        audio,
        DELIVERY_RATE,
        format="MP3",
        bitrate_mode="CONSTANT",
        compression_level=(320 - bitrate_kbps) / (320 - 32),  # libsndfile's scale of the bit rate
    )
    decoded, _ = files.load(buffer.getvalue())
    return float(signals.amplitude_to_db(editing.true_peak(decoded)))


def memory_rows(quick):
    """Yield by how much more memory an hour's edit takes than that of six minutes."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = [_peak_mb(Path(folder), minutes / (60 if quick else 1)) for minutes in MINUTES]
    how = f"edit --trim --level -16, one channel at 16 kHz, {MINUTES[1]} minutes less {MINUTES[0]}"
    yield Row("growth", peaks[1] - peaks[0], "MB", "<= 20", how)
    yield Row("hour", peaks[1], "MB", "", "peak of resident memory, the same edit")


def _peak_mb(folder, minutes):
    """Edit a recording of so many minutes in a process of its own; return its peak memory in MB."""
    scene = spoken_scenes.load("test", first=1)[0].noisy(20)
    source = folder / f"{minutes:g}.flac"
    with files.writing(source, sample_rate=SAMPLE_RATE, n_channels=1) as sound:
        for _ in range(int(minutes * 60 * SAMPLE_RATE / len(scene)) + 1):
            sound.write(scene)
    # Not getrusage: what it calls the peak is at least that of the process which started this one.
    code = (
        "import sys; from audiolessons.cli import main; code = main(sys.argv[1:]);"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]); sys.exit(code)"
    )
    command = ["edit", str(source), str(folder / f"{minutes:g}.wav"), "--trim", "--level", "-16"]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[-1]) / 1024
