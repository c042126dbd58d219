"""Networks that clean a voice, whole or as it comes in."""
