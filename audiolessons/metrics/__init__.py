"""How good a result is: of classifiers, recognisers and estimated sounds, and how sure that is."""

from audiolessons.metrics.blind_tests import (
    AbxTest,
    MushraRating,
    MushraSummary,
    abx_test,
    mushra_summary,
)
from audiolessons.metrics.boundaries import boundary_f1
from audiolessons.metrics.calibration import (
    Reliability,
    best_temperature,
    class_probabilities,
    expected_calibration_error,
    reliability,
)
from audiolessons.metrics.cepstral import global_variance, mel_cepstral_distortion
from audiolessons.metrics.classification import (
    accuracy,
    confusion_matrix,
    precision_recall_f1,
    roc_auc,
    roc_curve,
    unweighted_average_recall,
)
from audiolessons.metrics.confidence import (
    PairedTest,
    bootstrap_interval,
    paired_test,
    rate_interval,
    wilson_interval,
)
from audiolessons.metrics.decisions import (
    Calibration,
    bayes_threshold,
    calibrate,
    detection_cost,
    least_detection_cost,
    llr_cost,
)
from audiolessons.metrics.distortion import segmental_snr_db, si_sdr_db, snr_db
from audiolessons.metrics.echo import erle_db
from audiolessons.metrics.musical_noise import log_kurtosis_ratio
from audiolessons.metrics.perceptual import aecmos, dnsmos, missing_scores, pesq, stoi
from audiolessons.metrics.recognition import (
    EditOperation,
    character_error_rate,
    edit_distance,
    edit_operations,
    error_counts,
    error_rate_interval,
    word_error_rate,
)
from audiolessons.metrics.retrieval import chance_recall_at_k, recall_at_k
from audiolessons.metrics.verification import (
    DetCurve,
    det_curve,
    equal_error_rate,
    equal_error_rate_interval,
)

__all__ = [
    "AbxTest",
    "Calibration",
    "DetCurve",
    "EditOperation",
    "MushraRating",
    "MushraSummary",
    "PairedTest",
    "Reliability",
    "abx_test",
    "accuracy",
    "aecmos",
    "bayes_threshold",
    "best_temperature",
    "bootstrap_interval",
    "boundary_f1",
    "calibrate",
    "chance_recall_at_k",
    "character_error_rate",
    "class_probabilities",
    "confusion_matrix",
    "det_curve",
    "detection_cost",
    "dnsmos",
    "edit_distance",
    "edit_operations",
    "equal_error_rate",
    "equal_error_rate_interval",
    "erle_db",
    "error_counts",
    "error_rate_interval",
    "expected_calibration_error",
    "global_variance",
    "least_detection_cost",
    "llr_cost",
    "log_kurtosis_ratio",
    "mel_cepstral_distortion",
    "missing_scores",
    "mushra_summary",
    "paired_test",
    "pesq",
    "precision_recall_f1",
    "rate_interval",
    "recall_at_k",
    "reliability",
    "roc_auc",
    "roc_curve",
    "segmental_snr_db",
    "si_sdr_db",
    "snr_db",
    "stoi",
    "unweighted_average_recall",
    "wilson_interval",
    "word_error_rate",
]
