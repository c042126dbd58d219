"""What a web page needs to run networks of the book by itself: a runtime, graphs, settings, sounds.

The page computes the features of the digit network in `static/modules/features.js`, with the
settings that are written here; the denoiser's are inside its graph.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path

from audiolessons import datasets, signals
from audiolessons.errors import AudioError
from audiolessons.serving.catalogue import CATALOGUE
from audiolessons.serving.exporting import to_onnx

RUNTIME_FILES = {"script": "ort.wasm.bundle.min.mjs", "binary": "ort-wasm-simd-threaded.wasm"}
NETWORKS = {"digits": "digits-student", "denoiser": "denoiser-voices"}  # task: name in `CATALOGUE`
NAME_LETTERS = 12  # of a content's hash, in the name of its file


def write_for_browser(folder: str | Path, *, runtime: str | Path) -> dict:
    """Write what runs the digit network and the denoiser on a web page; return what to tell it.

    Names carry a piece of the content's hash, so that no browser mixes two builds. What is large
    is compressed here, since not every server does that.

    Parameters
    ----------
    folder : path
        Is made if it is not there.
    runtime : path
        The folder of the npm package onnxruntime-web.

    Returns
    -------
    dict
        "bytes" that the page loads before it can answer; "runtime" and "networks" with their files
        and settings; "sounds" of ours, each with a name and a file. Files are names in the folder.

    Raises
    ------
    AudioError
        If the runtime is not there, or the package onnx.

    Chapter: large/serving
    """
    parts = {kind: Path(runtime) / "dist" / name for kind, name in RUNTIME_FILES.items()}
    for path in parts.values():
        if not path.is_file():
            raise AudioError(
                f"{path} is not there: fetch the npm package onnxruntime-web, `make runtime`"
            )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    binary = _keep(folder, "runtime", "bin", gzip.compress(parts["binary"].read_bytes(), mtime=0))
    script = _keep(folder, "runtime", "js", parts["script"].read_bytes())
    networks = {}
    for task, name in NETWORKS.items():
        graph = gzip.compress(to_onnx(CATALOGUE[name]), mtime=0)
        networks[task] = {"file": _keep(folder, task, "bin", graph), **_settings(task)}
    files = [script, binary, *(one["file"] for one in networks.values())]
    return {
        "bytes": sum((folder / name).stat().st_size for name in files),
        "runtime": {"script": script, "binary": binary},
        "networks": networks,
        "sounds": [
            {"name": name, "file": _keep(folder, "sound", "wav", content)}
            for name, content in our_sounds().items()
        ],
    }


def addressed(made: dict, prefix: str) -> dict:
    """Return what `write_for_browser` gave, with a prefix before each name: where a page finds it.

    Chapter: large/serving
    """

    def found(one):
        return {**one, "file": prefix + one["file"]}

    return {
        "bytes": made["bytes"],
        "runtime": {kind: prefix + name for kind, name in made["runtime"].items()},
        "networks": {task: found(one) for task, one in made["networks"].items()},
        "sounds": [found(one) for one in made["sounds"]],
    }


def _keep(folder, stem, ending, content):
    """Write a file and return its name."""
    name = f"{stem}-{hashlib.sha256(content).hexdigest()[:NAME_LETTERS]}.{ending}"
    (folder / name).write_bytes(content)
    return name


def _settings(task):
    """Return what the page computes before it asks a network."""
    if task == "denoiser":
        return {"rate": CATALOGUE[NETWORKS[task]].sample_rate}
    from audiolessons.recipes import _held_out_voices as voices

    return {
        "rate": voices.SAMPLE_RATE,
        "thresholdDb": voices.THRESHOLD_DB,
        "longestSeconds": voices.LONGEST_S,
        "topDb": voices.TOP_DB,
        "nFft": voices.COARSE_FRAMES["n_fft"],
        "hopLength": voices.COARSE_FRAMES["hop_length"],
        "nMels": voices.COARSE_FRAMES["n_mels"],
    }


def our_sounds() -> dict[str, bytes]:
    """Return machine voices of the embedded set as WAV files: for who wants no microphone.

    Chapter: large/serving
    """
    import soundfile

    digits = datasets.load("spoken_digits", stand_ins=True)
    digit = next(one for one in digits if (one.label, one.speaker) == (4, "dan"))
    voices = datasets.load("many_voices", stand_ins=True)
    voice = next(one for one in voices if one.speaker == "9003")
    seconds = len(voice.audio) / voice.sample_rate
    hiss = signals.white_noise(duration_s=seconds, sample_rate=voice.sample_rate, seed=1)
    noisy = signals.mix_at_snr(voice.audio, hiss, snr_db=5)
    sounds = {
        "A machine says four": (digit.audio, digit.sample_rate),
        "A voice in noise": (0.5 * noisy / abs(noisy).max(), voice.sample_rate),
    }
    files = {}
    for name, (audio, rate) in sounds.items():
        file = io.BytesIO()
        soundfile.write(file, audio, rate, format="WAV", subtype="PCM_16")
        files[name] = file.getvalue()
    return files
