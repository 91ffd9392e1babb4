"""Prediction: from a picture to a color picture."""
