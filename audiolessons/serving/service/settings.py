"""What a service allows: sizes, lengths, times and rates, each with a reason."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from audiolessons.errors import AudioError, check_count, check_positive

# The rates that sound cards and files have. A filter between two rates is as long as the smallest
# rate that both divide: any other rate could ask for one of gigabytes.
RATES = (
    *(8000, 11025, 12000, 16000, 22050, 24000, 32000),
    *(44100, 48000, 88200, 96000, 176400, 192000),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a service allows.

    Parameters
    ----------
    most_bytes : int
        Of one upload, as it is sent.
    most_seconds, least_seconds : float
        Of one sound, whatever its rate.
    most_channels : int
    receive_s : float
        In which an upload must have arrived, and the head of a request.
    answer_s : float
        In which it must be answered from then on.
    most_uploads : int
        That are taken in, waited for or answered at the same time; more are told to come later.
    most_bytes_at_once : int
        Of all uploads that are under way.
    most_waiting : int
        Sounds that wait for a network, for each of them.
    most_together : int
        Sounds that the recogniser hears in one go. The denoiser takes one at a time: measured on
        one core, several together cost more than one after another, and all would wait for the
        longest.
    gather_s : float
        How long a sound that is alone waits for others.
    most_streams : int
    stream_s : float
        Of sound in one stream.
    idle_s : float
        After which a stream that says nothing is closed.
    requests_a_second, burst : float, int
        For each key, or each address if there are no keys: how often in the long run, and how often
        at once.
    n_threads : int
        For networks; as many decode, and as many serve streams.
    stop_s : float
        In which a stop waits for what is under way.

    Raises
    ------
    AudioError
        If a value is not above 0 (gather_s: below 0), a number of things is not whole, or no sound
        is both long and short enough.

    Examples
    --------
    >>> Settings(most_seconds=10).most_seconds
    10

    Chapter: large/serving
    """

    most_bytes: int = 8_000_000
    most_seconds: float = 30.0
    least_seconds: float = 0.05
    most_channels: int = 8
    receive_s: float = 10.0
    answer_s: float = 20.0
    most_uploads: int = 256
    most_bytes_at_once: int = 200_000_000
    most_waiting: int = 64
    most_together: int = 16
    gather_s: float = 0.002
    most_streams: int = 32
    stream_s: float = 600.0
    idle_s: float = 20.0
    requests_a_second: float = 20.0
    burst: int = 40
    n_threads: int = os.cpu_count() or 1
    stop_s: float = 15.0

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "int":
                check_count(value, name=field.name)
            elif field.name != "gather_s" or value != 0:
                check_positive(value, name=field.name)
        if self.least_seconds > self.most_seconds:
            raise AudioError(
                f"sounds last {self.least_seconds:g} s at least, and most_seconds is "
                f"{self.most_seconds:g}: give more"
            )
