"""Recipes of the chapter speech/recognition: digits, sentences, tones."""
