"""What a calibration says where there are no other voices to compare with."""

from dataclasses import replace

from shared.listening.scoring import Calibration, OperatingPoint


def alone(calibration: Calibration) -> Calibration:
    """The same without rows: their first one, if it is for cosines as they are.

    Its thresholds are so strict that the floor of ``Calibration.decide`` changes none of its decisions.
    """
    if not calibration.rows or calibration.rows[0].voices:
        return replace(calibration, rows=())
    row = calibration.rows[0]
    points = tuple(OperatingPoint(rate, at, at, (at, at)) for rate, at in row.thresholds)
    line = (row.cosine, row.cosine_duration, row.duration, row.offset)
    return Calibration(*line, calibration.duration_range, points, calibration.fitted_on)
