"""Recipes of the chapter on denoising."""
