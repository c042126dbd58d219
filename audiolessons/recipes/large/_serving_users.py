"""What each user does whom locust plays: one sound to the recogniser, again and again.

Locust reads this file by itself, in whatever environment it is installed in.
"""

import os
from pathlib import Path

try:
    from locust import FastHttpUser, constant, task
except ImportError:  # it is installed for the bench alone
    FastHttpUser, constant, task = object, lambda seconds: None, lambda function: function


class User(FastHttpUser):
    """Asks, and asks again when it is answered."""

    wait_time = constant(0)

    def on_start(self):
        """Read the sound that is sent."""
        self.sound = Path(os.environ["AUDIOLESSONS_LOAD_SOUND"]).read_bytes()

    @task
    def recognise(self):
        """Send the sound; 503 is an answer too, and counted by itself."""
        with self.client.post(
            "/v1/recognise",
            data=self.sound,
            headers={"Content-Type": "audio/wav"},
            catch_response=True,
        ) as answer:
            if answer.status_code == 503:
                answer.failure("busy")
