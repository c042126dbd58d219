"""How good a result is: of classifiers and detectors, how sure that is, and of estimated sounds."""

from audiolessons.metrics.calibration import (
    Reliability,
    best_temperature,
    class_probabilities,
    expected_calibration_error,
    reliability,
)
from audiolessons.metrics.classification import (
    accuracy,
    confusion_matrix,
    precision_recall_f1,
    roc_auc,
    roc_curve,
)
from audiolessons.metrics.confidence import (
    PairedTest,
    bootstrap_interval,
    paired_test,
    wilson_interval,
)
from audiolessons.metrics.levels import si_sdr_db, snr_db

__all__ = [
    "PairedTest",
    "Reliability",
    "accuracy",
    "best_temperature",
    "bootstrap_interval",
    "class_probabilities",
    "confusion_matrix",
    "expected_calibration_error",
    "paired_test",
    "precision_recall_f1",
    "reliability",
    "roc_auc",
    "roc_curve",
    "si_sdr_db",
    "snr_db",
    "wilson_interval",
]
