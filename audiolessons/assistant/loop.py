"""The loop: a chunk of microphone in, a chunk of loudspeaker out, and everything between."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from audiolessons.adaptive import Canceller
from audiolessons.assistant.dialogue import ASKED, Answer, Dialogue
from audiolessons.assistant.intents import Meaning
from audiolessons.assistant.spotting import HOP_LENGTH, WordStream
from audiolessons.assistant.turns import TurnTaker, hop_levels_db
from audiolessons.errors import AudioError, check_audio, check_choice
from audiolessons.models import ActivityStream

SAMPLE_RATE = 16000
BEFORE_HOPS = 20  # kept before a voice begins
LEAST_VOICED = 12  # hops in which a voice must have been likely: a slammed door is no turn
TAIL_HOPS = 15  # after the word in which its own end may still sound
LATE_HOPS = 30  # the detector of voices answers so much later: first, what it says is of before
FADE_SAMPLES = 80  # over which a voice that is interrupted ends, 5 ms


@dataclass(frozen=True)
class Event:
    """Something that happened: at which second of the microphone's sound, what, and details.

    Chapter: large/assistant
    """

    at_s: float
    what: str
    detail: str = ""


class Ready(NamedTuple):
    """An answer that waits for the end of a turn: what is then remembered, said, and heard.

    Chapter: large/assistant
    """

    dialogue: Dialogue
    answer: Answer
    sound: np.ndarray


class Assistant:
    """A voice assistant that is fed sound and gives sound, chunk by chunk.

    What the loudspeaker says is taken out of the microphone. In what is left one word is waited
    for. Then a turn is listened to until it is over, it is recognised, answered, and the answer is
    spoken; if a number was asked for, the next turn needs no word. The word is heard at any
    time, also over the assistant's own voice: then it stops speaking and listens.

    At a pause within a turn the answer is already made, and thrown away if the turn goes on.

    Parameters
    ----------
    word : WordStream
    activity : ActivityStream
        Tells voices from other sounds.
    canceller : Canceller
        Takes the loudspeaker's echo out, such as `adaptive.BlockKalman()`.
    recognise : callable
        From a turn (T,) at 16 kHz to a `Meaning`, or None if it is none of those known, and
        whether that is all: "surely", "maybe" or "no".
    recognise_digits : callable
        From a turn to figures such as "407".
    speak : callable
        From an `Answer` to its sound (T,) at 16 kHz.
    dialogue : Dialogue, optional
    turns : TurnTaker, optional

    Attributes
    ----------
    events : list of Event
        What happened so far: "word", "begun", "pause", "over", "nobody", "heard", "speaks",
        "interrupted", "done".

    Raises
    ------
    AudioError
        If a chunk is no sound (T,).

    Chapter: large/assistant
    """

    def __init__(
        self,
        *,
        word: WordStream,
        activity: ActivityStream,
        canceller: Canceller,
        recognise: Callable[[np.ndarray], tuple[Meaning | None, str]],
        recognise_digits: Callable[[np.ndarray], str],
        speak: Callable[[Answer], np.ndarray],
        dialogue: Dialogue | None = None,
        turns: TurnTaker | None = None,
    ):
        self.word, self.activity, self.canceller = word, activity, canceller
        self.recognise, self.recognise_digits, self.speak = recognise, recognise_digits, speak
        self.dialogue = Dialogue() if dialogue is None else dialogue
        self.turns = TurnTaker() if turns is None else turns
        self.events: list[Event] = []
        self._far = np.zeros(0, np.float32)  # what the loudspeaker was given
        self._to_say = np.zeros(0, np.float32)
        self._rest = np.zeros(0, np.float32)  # cleaned samples that are no whole hop yet
        self._turn: list[np.ndarray] = []  # hops of the turn, and some before it
        self._n_voiced = self._n_early = 0  # hops of the turn in which a voice was likely
        self._ready: Ready | None = None
        self._is_listening, self._n_hops, self._deaf_to = False, 0, 0

    @property
    def is_speaking(self) -> bool:
        """Whether there is something left to say."""
        return len(self._to_say) > 0

    def say(self, answer: Answer) -> None:
        """Begin to speak; if the answer asks for a number, listen for one when that is said."""
        self._begin(answer, self.speak(answer))

    def _begin(self, answer, sound):
        self._is_listening = False
        self._to_say = np.asarray(sound, dtype=np.float32)
        self._note("speaks", " ".join([answer.text, *answer.mandarin]))
        if answer.expects_number:
            self._listen()

    def expect(self, purpose: str) -> None:
        """Listen for a number now, as if it had been asked for: "timer", "call" or "translate"."""
        self.dialogue.purpose = check_choice(purpose, name="purpose", choices=tuple(ASKED))
        self._listen()

    def push(self, chunk: np.ndarray) -> np.ndarray:
        """Take the microphone's next samples (T,), return as many for the loudspeaker."""
        chunk = check_audio(chunk, name="chunk")
        if chunk.ndim != 1:
            raise AudioError(f"chunk has shape {chunk.shape}: give one channel, (T,)")
        far = np.resize(np.append(self._far, np.zeros(len(chunk))), len(chunk))
        near = self.canceller.push(np.stack([far, chunk]).astype(np.float32))
        samples = np.concatenate([self._rest, near.astype(np.float32)])
        n_whole = len(samples) // HOP_LENGTH * HOP_LENGTH
        self._rest = samples[n_whole:]
        if n_whole:
            self._hear(samples[:n_whole])
        out = np.zeros(len(chunk), np.float32)
        said = self._to_say[: len(chunk)]
        out[: len(said)] = said
        if len(said) and len(said) == len(self._to_say):
            self._note("done")
        self._to_say = self._to_say[len(chunk) :]
        self._far = out
        return out

    def _note(self, what, detail=""):
        self.events.append(Event(self._n_hops * HOP_LENGTH / SAMPLE_RATE, what, detail))

    def _hear(self, samples):
        """Look at whole hops of the cleaned microphone: the word first, then the turn."""
        hops = samples.reshape(-1, HOP_LENGTH)
        first = self._n_hops
        moments = set(self.word.push(samples))
        likely = self.activity.push(torch.from_numpy(samples))
        if self._is_listening:
            self._n_voiced += int((likely[max(0, self._n_early) :] > 0.5).sum())
            self._n_early -= len(likely)
        levels = hop_levels_db(samples, hop_length=HOP_LENGTH)
        for number, (hop, level_db) in enumerate(zip(hops, levels, strict=True)):
            self._n_hops += 1
            if first + number in moments:
                self._wake()
            self._turn.append(hop)
            if not self._is_listening:
                self._turn = self._turn[-BEFORE_HOPS:]
            listening = self._is_listening and not self.is_speaking and self._n_hops > self._deaf_to
            event = self.turns.push(level_db, listening=listening)
            if event:
                self._take(event)

    def _wake(self):
        self._note("word")
        if self.is_speaking:
            self._note("interrupted")
            fading = self._to_say[:FADE_SAMPLES]
            self._to_say = fading * np.linspace(1, 0, len(fading), dtype=np.float32)
        self.dialogue.purpose = None
        self._listen()
        self._deaf_to = self._n_hops + TAIL_HOPS

    def _listen(self):
        self._is_listening, self._ready = True, None
        self._turn, self._n_voiced, self._n_early = [], 0, LATE_HOPS
        self.turns.start()

    def _take(self, event):
        """Act on an event of the turn taker."""
        self._note(event)
        if event == "begun":
            self._turn, self._ready = self._turn[-2 * BEFORE_HOPS :], None
        elif event == "pause":
            self._ready = self._think()
        elif event == "over" and self._n_voiced < LEAST_VOICED:
            self._note("no voice")
            self._listen()
        elif event == "over":
            ready = self._ready or self._think()
            self.dialogue = ready.dialogue
            self._begin(ready.answer, ready.sound)
        elif event == "nobody":
            self._is_listening, self.dialogue.purpose = False, None

    def _think(self):
        """Return what would be answered to what was heard so far; nothing is said yet.

        The turn taker is told whether that can be all.
        """
        began, audio = time.perf_counter(), np.concatenate(self._turn)
        dialogue = copy.copy(self.dialogue)  # what is remembered, if the turn ends here
        if dialogue.purpose:
            text = self.recognise_digits(audio)
            self.turns.whole = dialogue.how_whole(text)
            answer = dialogue.hear_digits(text)
        else:
            meaning, self.turns.whole = self.recognise(audio)
            text = meaning.text if meaning else ""
            answer = dialogue.hear(meaning)
        sound = self.speak(answer)
        self._note("heard", f"{text} ({1000 * (time.perf_counter() - began):.0f} ms)")
        return Ready(dialogue, answer, sound)
