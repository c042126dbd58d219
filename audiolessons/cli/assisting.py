"""`assistant`: a voice assistant that hears a file, or the microphone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audiolessons.cli._targets import check_new_sound
from audiolessons.errors import AudioError

CHUNK_SAMPLES = 640  # 40 ms at 16 kHz
AFTER_S = 6.0  # of silence behind a file, in which an answer can be given


def add_to(commands) -> None:
    """Add the command to the parser's."""
    assistant = commands.add_parser(
        "assistant",
        help='answer what is said after the word "computer"',
        description='Listen for "computer", then for a command ("what time is it", "translate a '
        'number", "set a timer", "what can you do for me"), and answer. Nothing leaves this '
        "machine, and nothing that was heard is kept.",
        epilog="Everybody in the room should know that a microphone is on.",
    )
    source = assistant.add_mutually_exclusive_group(required=True)
    source.add_argument("--file", type=Path, metavar="IN", help="a sound file to hear")
    source.add_argument(
        "--microphone", action="store_true", help="hear the microphone (needs sounddevice)"
    )
    assistant.add_argument(
        "--out", type=Path, metavar="OUT", help="with --file: write what is answered, in step"
    )
    assistant.set_defaults(run=_assist)


def _assist(options) -> int:
    from audiolessons.recipes.large.assistant import _parts as parts

    if options.microphone and options.out:
        raise AudioError("--out writes what is answered to a file: give it with --file")
    target = options.out and check_new_sound(options.out)
    assistant = parts.ready()
    if options.microphone:
        return _live(assistant)
    from audiolessons import files

    audio, _ = files.load(options.file, sample_rate=parts.SAMPLE_RATE)
    silence = np.zeros(round(AFTER_S * parts.SAMPLE_RATE), np.float32)
    audio = np.concatenate([audio, silence])
    said, n_shown = [], 0
    for start in range(0, len(audio), CHUNK_SAMPLES):
        said.append(assistant.push(audio[start : start + CHUNK_SAMPLES]))
        n_shown = _show(assistant, n_shown)
    if not any(event.what == "word" for event in assistant.events):
        print(f'{options.file}: "{parts.WORD}" was not heard, so nothing is answered')
    answer = np.concatenate(said)
    if target and answer.any():
        files.save(target, answer, sample_rate=parts.SAMPLE_RATE, replace=False)
        print(f"{target}: what was answered, synthetic speech")
    elif target:
        print(f"{target} is not written: there was no answer")
    return 0


def _show(assistant, n_shown):
    """Print the events that are new, return how many there are."""
    for event in assistant.events[n_shown:]:
        print(f"{event.at_s:8.2f} s  {event.what:<12}{event.detail}".rstrip(), flush=True)
    return len(assistant.events)


def _live(assistant) -> int:
    """Run on the microphone and the loudspeaker until it is interrupted."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise AudioError(
            f"the microphone cannot be used ({error}): pip install sounddevice, or give --file"
        ) from None
    print('Say "computer". Ctrl+C ends it.')
    n_shown, options = 0, {"samplerate": 16000, "channels": 1, "dtype": "float32"}
    try:
        with sounddevice.Stream(blocksize=CHUNK_SAMPLES, **options) as stream:
            while True:
                heard, _ = stream.read(CHUNK_SAMPLES)
                stream.write(assistant.push(heard[:, 0])[:, None])
                n_shown = _show(assistant, n_shown)
    except sounddevice.PortAudioError as error:
        raise AudioError(f"the microphone cannot be used ({error}): give --file") from None
