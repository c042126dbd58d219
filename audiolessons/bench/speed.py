"""Speed and memory of the package's transforms beside librosa, scipy and torchaudio.

All with the same settings, one thread each, in the same run: the contenders take turns, so that a
machine that is busy for a while is busy for all of them.
"""

from __future__ import annotations

import gc
import importlib.util
import time
import tracemalloc
from contextlib import ExitStack, contextmanager
from functools import partial

import numpy as np

from audiolessons.results import Row

RATE = 22050
N_FFT, HOP, N_MELS, N_MFCC = 1024, 256, 64, 20
DURATIONS_S = (1, 60, 600)
REPEATS = {1: 9, 60: 9, 600: 9}
SHORTEST_TURN_S = 0.02
MAX_RATIO = 1.25
MAX_GROWTH = 11  # for ten times the sound: linear, and a little for what does not grow along
NUMPY_BASED = ("librosa", "scipy")
TRANSFORMS = ("stft", "istft", "mel_spectrogram", "mfcc")
PART = "sound"
OF_MACHINE = True  # no row goes to the store


def measure(*, quick: bool = False) -> dict:
    """Return the measurements of `bench speed`: times and ratios, and memory.

    Parameters
    ----------
    quick : bool
        Tenth of a second to a second of sound and one repeat.

    Chapter: sound/stft
    """
    durations_s = (0.1, 0.5, 1) if quick else DURATIONS_S
    measurements = {
        f"{name}_{duration_s}s".replace(".", "_"): partial(
            compare, name, duration_s=duration_s, repeats=1 if quick else REPEATS[duration_s]
        )
        for duration_s in durations_s
        for name in TRANSFORMS
    }
    return {**measurements, "memory": partial(memory_rows, durations_s[-2:])}


def noise(duration_s: float) -> np.ndarray:
    """White noise at 22050 Hz, always the same."""
    rng = np.random.default_rng(0)
    return 0.1 * rng.standard_normal(round(duration_s * RATE), dtype=np.float32)


def tasks(audio) -> dict:
    """Return, for each transform, the contenders by name: functions without arguments.

    What a library's users prepare once (windows, transform objects) is prepared once here too.
    """
    import librosa
    import torch
    import torchaudio
    from scipy.signal import ShortTimeFFT, get_window

    from audiolessons import features, spectral

    cut = {"n_fft": N_FFT, "hop_length": HOP}
    mel = {**cut, "n_mels": N_MELS, "sample_rate": RATE}
    mel_librosa = {**cut, "n_mels": N_MELS, "sr": RATE, "pad_mode": "constant"}
    mel_torch = {**cut, "n_mels": N_MELS, "norm": "slaney", "mel_scale": "slaney"}
    mel_torch["pad_mode"] = "constant"
    n_samples = audio.size
    spectrum = spectral.stft(audio, **cut)
    # Without a phase shift and with these frames scipy computes what the others do.
    scipy_stft = ShortTimeFFT(get_window("hann", N_FFT), hop=HOP, fs=RATE, phase_shift=None)
    scipy_frames = {"p0": 0, "p1": 1 + n_samples // HOP}
    scipy_spectrum = scipy_stft.stft(audio)  # its inverse wants its frame before the start, too
    tensor, window = torch.from_numpy(audio), torch.hann_window(N_FFT)
    options = {**cut, "window": window, "center": True}
    tensor_spectrum = torch.from_numpy(spectrum)
    mel_transform = torchaudio.transforms.MelSpectrogram(RATE, **mel_torch)
    mfcc_transform = torchaudio.transforms.MFCC(RATE, N_MFCC, melkwargs=mel_torch)
    return {
        "stft": {
            "audiolessons": lambda: spectral.stft(audio, **cut),
            "librosa": lambda: librosa.stft(audio, **cut),
            "scipy": lambda: scipy_stft.stft(audio, **scipy_frames),
            "torchaudio": lambda: torch.stft(
                tensor, pad_mode="constant", return_complex=True, **options
            ),
        },
        "istft": {
            "audiolessons": lambda: spectral.istft(spectrum, hop_length=HOP, length=n_samples),
            "librosa": lambda: librosa.istft(spectrum, length=n_samples, **cut),
            "scipy": lambda: scipy_stft.istft(scipy_spectrum, k1=n_samples),
            "torchaudio": lambda: torch.istft(tensor_spectrum, length=n_samples, **options),
        },
        "mel_spectrogram": {
            "audiolessons": lambda: features.mel_spectrogram(audio, **mel),
            "librosa": lambda: librosa.feature.melspectrogram(y=audio, **mel_librosa),
            "torchaudio": lambda: mel_transform(tensor),
        },
        "mfcc": {
            "audiolessons": lambda: features.mfcc(audio, n_mfcc=N_MFCC, **mel),
            "librosa": lambda: librosa.feature.mfcc(y=audio, n_mfcc=N_MFCC, **mel_librosa),
            "torchaudio": lambda: mfcc_transform(tensor),
        },
    }


def compare(name: str, *, duration_s: float, repeats: int):
    """Yield one row a contender (milliseconds), and the ratio to the fastest that uses numpy."""
    with one_thread():
        yield from compare_contenders(
            tasks(noise(duration_s))[name], duration_s=duration_s, repeats=repeats
        )


def compare_contenders(contenders: dict, *, duration_s: float, repeats: int):
    """Yield the rows of `compare` for functions without arguments, by library."""
    how = f"{duration_s} s of noise at {RATE} Hz, n_fft {N_FFT}, hop {HOP}, one thread"
    how += f", processor time, shortest of {repeats} turns"
    seconds = take_turns(contenders, repeats=repeats)
    for library, taken in seconds.items():
        yield Row(library, 1000 * taken, "ms", how=how, of_machine=True)
    rivals = [seconds[library] for library in NUMPY_BASED if library in seconds]
    ratio = seconds["audiolessons"] / min(rivals)
    how = f"audiolessons over the fastest of {', '.join(NUMPY_BASED)}; {how}"
    yield Row("ratio", ratio, "", f"<= {MAX_RATIO}", how, of_machine=True)


def take_turns(contenders: dict, *, repeats: int) -> dict:
    """Return the time of one call of each contender in seconds: the shortest of its turns.

    Processor time, which is the time on the clock as long as there is one thread and the machine
    is idle. The shortest, because other programs only ever add to it: with hundreds of MB the same
    call takes 0.2 or 0.5 s as memory is at hand or not, and a median tells which came more often.
    """
    n_calls = {}
    for name, call in contenders.items():
        call()  # the first call also loads code and fills caches
        start = time.perf_counter()
        call()
        n_calls[name] = 1 + int(SHORTEST_TURN_S / max(time.perf_counter() - start, 1e-6))
    times = {name: [] for name in contenders}
    order = list(contenders)
    for _ in range(repeats):
        order.append(order.pop(0))  # who follows whom matters: memory just freed comes cheaper
        for name in order:
            call = contenders[name]
            gc.collect()
            start = time.process_time()
            for _ in range(n_calls[name]):
                call()
            times[name].append((time.process_time() - start) / n_calls[name])
    return {name: min(taken) for name, taken in times.items()}


def memory_rows(durations_s):
    """Yield the peak memory that each transform takes for a sound, and how it grows."""
    peaks = {}
    for duration_s in durations_s:
        for name, contenders in tasks(noise(duration_s)).items():
            peak = peak_bytes(contenders["audiolessons"])
            peaks.setdefault(name, []).append(peak)
            how = "peak of NumPy's and Python's allocations during the call (tracemalloc)"
            row = f"{name}_{duration_s}s".replace(".", "_")
            yield Row(row, peak / 1e6, "MB", how=how, of_machine=True)
    longer = durations_s[1] / durations_s[0]
    for name, (short, long) in peaks.items():
        yield Row(
            f"{name}_growth",
            long / short,
            "",
            f"<= {MAX_GROWTH * longer / 10:g}",
            f"ratio of the peaks of {durations_s[1]} and {durations_s[0]} s; {longer:g} would be "
            "exactly linear",
            of_machine=True,
        )


def peak_bytes(call) -> int:
    """Return the peak memory that a call takes on top of what is there before."""
    call()  # tables that are made once and kept are not counted
    gc.collect()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@contextmanager
def one_thread():
    """Keep every library to one thread, so that what is compared is the work and not the cores."""
    import torch

    before = torch.get_num_threads()
    with ExitStack() as stack:
        if importlib.util.find_spec("threadpoolctl"):
            from threadpoolctl import threadpool_limits

            stack.enter_context(threadpool_limits(1))
        torch.set_num_threads(1)
        stack.callback(torch.set_num_threads, before)
        yield
