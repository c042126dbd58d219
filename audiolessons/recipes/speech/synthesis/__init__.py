"""Recipes of the chapter on synthesis."""
