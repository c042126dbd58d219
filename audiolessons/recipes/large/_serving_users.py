"""What each user does whom locust plays: one sound to the recogniser, again and again.

Locust reads this file by itself, in whatever environment it is installed in.
"""

import os
import random
import time
from pathlib import Path

try:
    from locust import FastHttpUser, constant, task
except ImportError:  # it is installed for the bench alone
    FastHttpUser, constant, task = object, lambda seconds: None, lambda function: function


class User(FastHttpUser):
    """Asks, and asks again when it is answered."""

    wait_time = constant(0)

    def on_start(self):
        """Read the sound that is sent, and whether to wait when told so."""
        self.is_patient = os.environ["AUDIOLESSONS_LOAD_PATIENT"] == "1"
        self.sound = Path(os.environ["AUDIOLESSONS_LOAD_SOUND"]).read_bytes()

    @task
    def recognise(self):
        """Send the sound; 503 is counted by itself, under another name."""
        with self.client.post(
            "/v1/recognise",
            data=self.sound,
            headers={"Content-Type": "audio/wav"},
            catch_response=True,
        ) as answer:
            if answer.status_code == 503:
                answer.request_meta["name"] = "refused"
                answer.failure("busy")
                if self.is_patient:  # with some chance, so that they do not come back as one
                    time.sleep(float(answer.headers["Retry-After"]) * random.uniform(1, 2))
