"""A world in miniature: a registry of tiny sets, their upstream files and their stand-ins.

Everything is synthesised here. The files lie as they do upstream, so that the package's own loaders
and its own download are what is tested.
"""

import hashlib
import io
import json
import threading
import time
import urllib.parse
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import scipy.io
import soundfile

from audiolessons.datasets import chorales, examples
from audiolessons.datasets._store import download, library, registry

DIGITS = "maker/digits"
COMMIT = "a" * 40


def sound(n_samples, *, sample_rate, kind, seed=0):
    samples = 0.1 * np.random.default_rng(seed).standard_normal(n_samples)
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate, format=kind)
    return buffer.getvalue()


def digit_files(kind):
    return {
        f"recordings/{digit}_{speaker}_{take}.{kind}": sound(
            400 + 10 * digit + take, sample_rate=8000, kind=kind, seed=100 * digit + take
        )
        for digit in range(10)
        for speaker in ("ada", "ben")
        for take in (0, 4, 5, 10)
    }


def environment_files():
    return {
        f"{number:03d} - {name}/{fold}-{number}{clip}-A.ogg": sound(
            2000 + fold, sample_rate=44100, kind="ogg", seed=fold
        )
        for number, name in enumerate(("Dog bark", "Rain"), start=1)
        for fold in range(1, 6)
        for clip in (0, 1)
    }


def speech_files(kind):
    files = {
        f"LJSpeech-1.1/wavs/LJ001-{n:04d}.{kind}": sound(500, sample_rate=22050, kind=kind, seed=n)
        for n in range(1, 21)
    }
    lines = [f'LJ001-{n:04d}|No. {n} "said"|Number {n} "said"' for n in range(1, 31)]
    files["LJSpeech-1.1/metadata.csv"] = "\n".join(lines).encode()
    return files


def many_voices_files(kind):
    """A man and a girl in train, a woman in test, three items each; the girl counts."""
    people = {"train": (("0001", 30, "m"), ("0002", 9, "f")), "test": (("0003", 25, "f"),)}
    files = {}
    for part, some in people.items():
        tables = {name: [] for name in ("text", "utt2spk", "spk2age", "spk2gender")}
        for speaker, age, sex in some:
            tables["spk2age"].append(f"{speaker}\t{age}")
            tables["spk2gender"].append(f"{speaker}\t{sex}")
            for number in range(3):
                identity = f"{speaker}{number:05d}"
                tables["text"].append(f"{identity}\tONE TWO {number * 'MORE '}".rstrip())
                tables["utt2spk"].append(f"{identity}\t{speaker}")
                files[f"WAVE/SPEAKER{speaker}/{identity}.{kind}"] = sound(
                    300 + number, sample_rate=16000, kind="ogg" if kind == "ogg" else "wav"
                )
        files |= {f"{part}/{name}": "\n".join(lines).encode() for name, lines in tables.items()}
    return files


def larger():
    """The larger form of many_voices: one more woman, and no tables but those with her."""
    files = many_voices_files("WAV")
    files["WAVE/SPEAKER0003/000300009.WAV"] = sound(333, sample_rate=16000, kind="wav")
    for name, line in (("text", "ONE MORE"), ("utt2spk", "0003")):
        files[f"test/{name}"] += f"\n000300009\t{line}".encode()
    return [("maker/larger", "archive", files)]


def both_chapters():
    """The larger form of read_speech: two sentences of a second chapter."""
    files = speech_files("wav")
    for n in (10, 11):
        name = f"LJ002-{n:04d}"
        files[f"LJSpeech-1.1/wavs/{name}.wav"] = sound(400 + n, sample_rate=22050, kind="wav")
        files["LJSpeech-1.1/metadata.csv"] += f"\n{name}|Again {n}|Again {n}".encode()
    return [("maker/chapters", "archive", files)]


LARGER = {"many_voices": larger, "read_speech": both_chapters}


def native_voices_files():
    folder = "audio_data/librispeech_"
    names = [f"test-other/12/12-1-000{n}" for n in (0, 1)]
    names += [f"train-clean-100/{reader}-3-0000" for reader in (7, 12)]
    files = {f"{folder}{name}.flac": sound(300, sample_rate=16000, kind="flac") for name in names}
    readers = "; a comment\n7  | M | train-clean-100 | 25.0 | A\n12 | F | test-other | 8.0 | B\n"
    return files | {f"{folder}test-other/SPEAKERS.TXT": readers.encode()}


def acted_files(kind):
    said = [f"a01{letter}" for letter in "WLEAFTN"]  # every emotion, then another sentence
    names = [f"{speaker}{one}a" for speaker in ("03", "08") for one in (*said, "b10N")]
    files = {f"wav/{name}.{kind}": sound(350, sample_rate=22050, kind=kind) for name in names}
    ratings = [
        f"{n}\xa0\t{name}.wav\t{90 + n % 10},00\xa0\t70,00\xa0" for n, name in enumerate(names)
    ]
    lines = ["Nr.\tSatz\terkannt\tnatuerlich", *ratings, "9\t03a01Wx.wav\t0,00\t0,00", ""]
    return files | {"erkennung.txt": "\r\n".join(lines).encode("latin-1")}


def syllable_files(kind):
    names = [
        f"64k/syllabs/cmn-{syllable}{tone}" for syllable in ("ma", "lv") for tone in (1, 2, 3, 4)
    ]
    files = {f"{name}.{kind}": sound(4000, sample_rate=48000, kind=kind) for name in names}
    return files | {"README.md": b"who speaks"}


def parallel_files(kind):
    names = ("p225/p225_003", "p225/p225_020", "p226/p226_003", "p226/p226_005")
    return {f"wavs/{name}.{kind}": sound(360, sample_rate=16000, kind=kind) for name in names}


def wake_files(kind):
    """Eleven takes: the first again begins the next ten."""
    names = [f"audio/computer/{number:02d}-a1" for number in range(11)]
    files = {f"{name}.{kind}": sound(320, sample_rate=16000, kind=kind) for name in names}
    return files | {"LICENSE": b"five"}


def room_files(kind):
    folder = "archive/demos/impulse-responses/"
    names = ("house-impulses/kitchen", "house-impulses/dining", "tim-warehouse/omni/omni-1")
    files = {f"{folder}{n}.{kind}": sound(400, sample_rate=44100, kind=kind) for n in names}
    stereo = io.BytesIO()
    first, sample_rate = soundfile.read(io.BytesIO(files[f"{folder}{names[0]}.{kind}"]))
    both = np.stack([first, np.zeros(400)], axis=1)
    soundfile.write(stereo, both, sample_rate, format=kind)
    return files | {f"{folder}{names[0]}.{kind}": stereo.getvalue()}


def voices_of(n_frames):
    steps = np.arange(n_frames)[:, None] % 5
    return np.array([72, 67, 64, 48]) + steps  # (N, 4)


def quarter_notes():
    parts = {}
    for number, part in enumerate(chorales.SPLITS):
        rolls = np.empty((1, 3), dtype=object)
        for index in range(3):
            rolls[0, index] = chorales.roll_of(voices_of(4 + number + index)).astype(np.uint8)
        parts[f"{part}data"] = rolls
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, parts)
    return buffer.getvalue()


def four_voices():
    parts = {}
    for number, part in enumerate(chorales.SPLITS):
        arrays = np.empty(3, dtype=object)
        for index in range(3):
            arrays[index] = voices_of(16 + number + index).astype(np.float16)
        arrays[0][2, 3] = np.nan  # a rest
        parts[part] = arrays
    buffer = io.BytesIO()
    np.savez(buffer, **parts)
    return buffer.getvalue()


def embedded_chorales():
    files = {}
    for form, (file, kind) in chorales.EMBEDDED.items():
        parts = {}
        for part in chorales.SPLITS:
            arrays = [voices_of(n) for n in (8, 12)]
            stored = [chorales.roll_of(v) if form == "quarter_notes" else v for v in arrays]
            parts[f"{part}_{kind}"] = np.concatenate(stored)
            parts[f"{part}_lengths"] = np.array([8, 12])
        buffer = io.BytesIO()
        np.savez(buffer, **parts)
        files[file] = buffer.getvalue()
    return files


def story_files():
    """Twelve stories of a paragraph and a half, between a header and a footer."""
    names = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
    parts = [
        f"ADVENTURE {name}. A TALE\n\nIt was the {number}. night\nof rain.\n\n  He came.\n\n"
        for number, name in enumerate(names, start=1)
    ]
    whole = "Contents\n\n   I. A Tale\n\n" + "\n".join(parts)
    whole += "End of the Project Gutenberg EBook\n\nLicence"
    return {"1661.txt": whole.replace("\n", "\r\n").encode()}


def pronunciation_files():
    """Words in all three parts, with a variant, a remark, a hyphen and a full stop."""
    words = [f"{a}{b}" for a in "abcdefgh" for b in "aeiou"]
    lines = [f"{word} {word[0].upper()} AH0" for word in words]
    lines += ["ba(2) B EY1", "read R EH1 D # past", "read(2) R IY1 D", "read(3) R EH2 D"]
    lines += ["ad-hoc AE1 D HH AA1 K", "a. EY1"]
    return {"cmudict.dict": "\n".join(lines).encode(), "LICENSE": b"three"}


def tune_files():
    """A file for each dance, two tunes in it; the second comes with a mode, a rest and a chord."""
    first = "X: 1\nT:First\nM:6/8\nL:1/8\nK:D\nA|dfd cec|d3-d2:|\n\n\n"
    second = 'X: 2\nT:Second\nM:4/4\nL:1/4\nK:Ador\n|:A2 "D"[df]z|e/2d/2c BA:|\n'
    names = ("jigs", "reelsa-c", "hpps", "waltzes", "slip", "morris", "playford", "ashover", "xmas")
    files = {f"ABC_cleaned/{name}.abc": (first + second).encode() for name in names}
    return files | {"LICENSE.md": b"four"}


def upstream():
    """{set: [(repository, how it is downloaded, files)]}"""
    pieces = [upstream_path for upstream_path, _, _ in examples.PIECES.values()]
    return {
        "spoken_digits": [(DIGITS, "archive", digit_files("wav"))],
        "environmental_sounds": [("maker/sounds", "archive", environment_files())],
        "read_speech": [("maker/speech", "archive", speech_files("wav"))],
        "many_voices": [("maker/many", "files", many_voices_files("WAV"))],
        "native_voices": [("maker/readers", "files", native_voices_files())],
        "rooms": [("maker/rooms", "files", room_files("wav"))],
        "emotional_speech": [("maker/actors", "files", acted_files("wav"))],
        "mandarin_syllables": [("maker/tones", "files", syllable_files("mp3"))],
        "parallel_voices": [("maker/same", "files", parallel_files("wav"))],
        "wake_words": [("maker/wake", "files", wake_files("wav"))],
        "stories": [("maker/stories", "files", story_files())],
        "pronunciations": [("maker/words", "files", pronunciation_files())],
        "folk_tunes": [("maker/tunes", "files", tune_files())],
        "chorales": [
            ("maker/rolls", "files", {chorales.QUARTER_NOTES: quarter_notes(), "LICENSE": b"one"}),
            ("maker/voices", "files", {chorales.FOUR_VOICES: four_voices(), "LICENSE": b"two"}),
        ],
        "examples": [
            (
                "maker/pieces",
                "files",
                {path: sound(900, sample_rate=44100, kind="ogg") for path in pieces},
            )
        ],
    }


def embedded():
    return {
        "spoken_digits": digit_files("flac"),
        "environmental_sounds": environment_files(),
        "read_speech": speech_files("flac"),
        "chorales": embedded_chorales(),
        "many_voices": many_voices_files("ogg"),
        "native_voices": native_voices_files(),
        "rooms": room_files("flac"),
        "emotional_speech": acted_files("ogg"),
        "mandarin_syllables": syllable_files("ogg"),
        "parallel_voices": parallel_files("ogg"),
        "wake_words": wake_files("ogg"),
        "stories": story_files(),
        "pronunciations": pronunciation_files(),
        "folk_tunes": tune_files(),
        "examples": {
            f"audio/{name}.flac": sound(700, sample_rate=22050, kind="flac")
            for name in examples.PIECES
        },
    }


def zip_of(files, *, folder=""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(folder + path, content)
    return buffer.getvalue()


class World:
    """The miniature world: where things lie, and what upstream serves."""

    def __init__(self, root, sets):
        self.data = root / "data"  # registry and embedded sets
        self.given = root / "given"  # what AUDIOLESSONS_DATA may name
        self.cache = root / "cache"
        self.sets = sets

    def place(self, name, root):
        """Put the upstream files of a set below `root`, laid out as OWNER/NAME/COMMIT/PATH."""
        for repository, _, files in self.sets[name]:
            for path, content in files.items():
                target = root / repository / COMMIT / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)

    def register(self, name, sources):
        """Write the hashes of some sources and return what the registry says of them."""
        described = []
        for number, (repository, how, files) in enumerate(sources):
            hashes = f"hashes/{name}_{number}.txt"
            lines = [f"{hashlib.sha256(content).hexdigest()}  {p}" for p, content in files.items()]
            (self.data / hashes).write_text("\n".join(lines) + "\n")
            tail = f"/zip/{COMMIT}" if how == "archive" else f"/{COMMIT}/"
            described.append(
                {
                    "repository": repository,
                    "commit": COMMIT,
                    "download": how,
                    "url": f"https://upstream.invalid/{repository}{tail}",
                    "hashes": hashes,
                    "files": len(files),
                    "bytes": sum(map(len, files.values())),
                }
            )
        return described

    def left_over(self):
        """Files in the cache other than locks."""
        files = (path for path in self.cache.rglob("*") if path.is_file())
        return [path for path in files if path.suffix != ".lock"]


@pytest.fixture(scope="session")
def _sets():
    return upstream(), embedded()


@pytest.fixture
def world(_sets, tmp_path, monkeypatch):
    sets, stand_ins = _sets
    world = World(tmp_path, sets)
    (world.data / "hashes").mkdir(parents=True)
    (world.data / "embedded").mkdir()
    described = {}
    for name, sources in sets.items():
        described[name] = {
            "title": f"Title of {name}",
            "summary": "tiny",
            "licence": "CC BY 4.0",
            "licence_url": "https://example.org/licence",
            "credit": "A. Maker",
            "citation": "A. Maker, 2020",
            "sources": world.register(name, sources),
        }
        if name in LARGER:
            described[name]["larger"] = {"full": world.register(f"{name}_full", LARGER[name]())}
        (world.data / "embedded" / f"{name}.zip").write_bytes(zip_of(stand_ins[name]))
    (world.data / "sources.json").write_text(json.dumps(described))
    monkeypatch.setattr(registry, "data_folder", lambda: world.data)
    monkeypatch.setattr(library, "_announced", set())
    monkeypatch.setattr(download, "_unreachable", {})
    monkeypatch.setattr(download, "BACKOFF_S", 0.01)
    monkeypatch.delenv("AUDIOLESSONS_DATA", raising=False)
    monkeypatch.setenv("AUDIOLESSONS_CACHE", str(world.cache))
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "1")
    return world


class Server:
    """An upstream on this machine.

    `answers` holds behaviours to use once each, `always` one for every other request.
    A behaviour is a function of the request handler and the right bytes.
    """

    def __init__(self, contents):
        self.contents = contents  # URL path -> bytes
        self.answers = []
        self.always = None
        self.requests = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path = urllib.parse.unquote(self.path)
                outer.requests.append(path)
                content = outer.contents.get(path)
                if outer.answers:
                    return outer.answers.pop(0)(self, content)
                if outer.always:
                    return outer.always(self, content)
                if content is None:
                    return self.send_error(404)
                return send(self, content)

            def log_message(self, *ignored):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def send(handler, content, *, length=None):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content) if length is None else length))
    handler.end_headers()
    handler.wfile.write(content)


def cut_off(handler, content):
    send(handler, content[: len(content) // 2], length=len(content))
    handler.close_connection = True


def busy(status, *, retry_after=None):
    def answer(handler, content):
        handler.send_response(status)
        if retry_after is not None:
            handler.send_header("Retry-After", str(retry_after))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def slow(seconds):
    def answer(handler, content):
        time.sleep(seconds)
        send(handler, content)

    return answer


@pytest.fixture
def server(world, monkeypatch):
    """The upstream of the miniature world, reached through AUDIOLESSONS_MIRROR."""
    contents = {}
    for sources in (*world.sets.values(), *(form() for form in LARGER.values())):
        for repository, how, files in sources:
            if how == "archive":
                folder = f"{repository.split('/')[1]}-{COMMIT}/"
                contents[f"/{repository}/zip/{COMMIT}"] = zip_of(files, folder=folder)
            else:
                for path, content in files.items():
                    contents[f"/{repository}/{COMMIT}/{path}"] = content
    server = Server(contents)
    monkeypatch.setenv("AUDIOLESSONS_MIRROR", server.url)
    monkeypatch.setenv("AUDIOLESSONS_OFFLINE", "0")
    yield server
    server.stop()


@pytest.fixture
def behave():
    """The ways in which a server can misbehave."""

    class Behave:
        send, cut_off, busy, slow = map(staticmethod, (send, cut_off, busy, slow))
        zip_of = staticmethod(zip_of)

    return Behave
