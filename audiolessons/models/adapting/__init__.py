"""Adapting a trained network: what is frozen, what is added, and how fast each part may move."""
