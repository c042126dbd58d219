"""Networks that read a sound: convolutional, recurrent, attention."""
