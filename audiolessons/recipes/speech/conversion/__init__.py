"""Recipes of the chapter on voice conversion."""
