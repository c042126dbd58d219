"""Recipes of the chapter on speaker."""
