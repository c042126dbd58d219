"""Recipes of the chapter on a voice assistant."""
