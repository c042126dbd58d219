"""Networks that join sound, images and text."""
