"""`convert`: another pitch, other formants, another speed for a voice in a recording."""

from __future__ import annotations

from pathlib import Path

from audiolessons.cli._targets import check_new_sound

METHODS = ("psola", "vocoder")
RATES_HZ = (8000, 16000)  # that voices are changed at; what is above is not heard in the result
LONGEST_S = 600.0
LIMITS = (0.4, 2.5)


def add_to(commands) -> None:
    """Add the command to the parser's."""
    convert = commands.add_parser(
        "convert",
        help="give a recorded voice another pitch, formants or speed",
        description="Change one voice in a recording. OUT is mono, at 16 kHz (or 8 kHz where IN "
        "has less), and never written over anything.",
        epilog="Convert only voices whose owners agreed, and say of the result that it was "
        "converted.",
    )
    convert.add_argument("source", type=Path, metavar="IN", help="a sound file")
    convert.add_argument("target", type=Path, metavar="OUT", help=".wav, .flac, .mp3 or .ogg")
    convert.add_argument(
        "--method",
        choices=METHODS,
        default="psola",
        help="psola lays the periods anew, and the formants stay; vocoder plays faster or slower "
        "and resamples, and they move along (default: %(default)s)",
    )
    for name, what in (
        ("pitch", "new pitch over old"),
        ("formants", "new formants over old: 1.15 is a shorter throat"),
        ("time", "new length over old"),
    ):
        convert.add_argument(
            f"--{name}", type=float, default=1.0, metavar="RATIO", help=f"{what} (default: 1)"
        )
    convert.set_defaults(run=_convert)


def _convert(options) -> int:
    from audiolessons import files
    from audiolessons.errors import AudioError

    source, target = options.source, check_new_sound(options.target)
    low, high = LIMITS
    ratios = {name: getattr(options, name) for name in ("pitch", "formants", "time")}
    for name, value in ratios.items():
        if not low <= value <= high:
            raise AudioError(f"--{name} is {value:g}: give a ratio from {low} to {high}")
    if all(value == 1 for value in ratios.values()):
        raise AudioError("nothing to change: give --pitch, --formants or --time, such as 1.3")
    audio, rate = files.load(source)
    if rate < RATES_HZ[0]:
        raise AudioError(f"{source} has {rate} samples a second: {RATES_HZ[0]} are needed")
    if len(audio) > LONGEST_S * rate:
        raise AudioError(
            f"{source} is {len(audio) / rate:.0f} s long, and at most {LONGEST_S:.0f} s are "
            "converted at once: cut it first"
        )
    changed, at_rate = change(audio, sample_rate=rate, method=options.method, **ratios)
    files.save(target, changed, sample_rate=at_rate, replace=False)
    print(f"{target}: {len(changed) / at_rate:.2f} s at {at_rate} Hz")
    return 0


def change(audio, *, sample_rate, method, pitch, formants, time):
    """Return the sound, its peak at most 1, and its rate."""
    import numpy as np

    from audiolessons import features, signals, spectral, voice

    rate = RATES_HZ[1] if sample_rate >= RATES_HZ[1] else RATES_HZ[0]
    audio = signals.resample(audio, from_rate=sample_rate, to_rate=rate)
    settings = voice.cepstrum_settings(rate)
    frames = {key: settings[key] for key in ("n_fft", "hop_length")}
    if method == "vocoder" and pitch * time != 1:
        n_fft, hop = 2 * frames["n_fft"], frames["n_fft"] // 4
        spectrum = spectral.stft(audio, n_fft=n_fft, hop_length=hop)
        longer = voice.phase_vocoder(spectrum, rate=1 / (pitch * time), hop_length=hop)
        audio = spectral.istft(longer, hop_length=hop, length=round(len(audio) * pitch * time))
    if method == "vocoder" and pitch != 1:
        audio = signals.resample(audio, from_rate=round(rate * pitch), to_rate=rate)
    if formants != 1:
        audio = voice.shift_formants(audio, formants, **settings)
    if method == "psola" and (pitch != 1 or time != 1):
        hop = frames["hop_length"]
        pitch_hz = features.pitch_yin(
            audio,
            sample_rate=rate,
            min_hz=60,
            max_hz=400,
            frame_length=rate // 25,
            hop_length=hop,
            threshold=0.25,
        )
        marks = voice.pitch_marks(audio, pitch_hz, sample_rate=rate, hop_length=hop)
        audio = voice.psola(audio, marks, pitch_ratio=pitch, time_ratio=time)
    return audio / max(1.0, float(np.abs(audio).max())), rate
