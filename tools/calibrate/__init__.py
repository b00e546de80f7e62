"""Fits what a cosine is worth: from labelled trials to the calibration in a bundle's manifest."""
