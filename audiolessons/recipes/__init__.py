"""Data, model and training joined once, for chapters and the bench."""
