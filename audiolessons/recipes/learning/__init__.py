"""Recipes of the part on learning."""
