"""Detectors in the shape of scikit-learn: they clone, stand in pipelines, and say what the detector says."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from detectors.series.estimator import MAKERS, SeriesOutlier
from detectors.series.robust_level import RobustLevel
from tests.series.conftest import Feed, noise


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_every_detector_fits_and_predicts(name: str) -> None:
    rows = np.column_stack([noise(120, 1), noise(120, 2)])
    made = clone(SeriesOutlier(name)).fit(rows)
    assert set(made.predict(rows).tolist()) <= {-1, 1}
    assert (made.decision_function(rows) > 0).mean() > 0.9
    assert made.get_params()["detector"] == name


def test_what_was_said_while_fitting_is_what_the_detector_says() -> None:
    values = noise(150)
    made = SeriesOutlier().fit(values[:, None])
    alone = Feed(RobustLevel()).hourly(values).scored
    np.testing.assert_array_equal(made.p_values_[:, 0], alone.p_value)


def test_an_outlier_is_found_in_any_column_and_asking_changes_nothing() -> None:
    made = SeriesOutlier().fit(np.column_stack([noise(150, 1), noise(150, 2)]))
    rows = np.array([[100.0, 100.0], [100.0, 150.0], [50.0, 100.0]])
    assert made.predict(rows).tolist() == [1, -1, -1]
    assert made.predict(rows[::-1]).tolist() == [-1, -1, 1]


def test_it_stands_in_a_pipeline() -> None:
    values = np.append(noise(150), 150.0)[:, None]
    assert make_pipeline(StandardScaler(), SeriesOutlier()).fit_predict(values)[-1] == -1


@pytest.mark.parametrize(
    ("wrong", "said"), [({"detector": "oracle"}, "oracle"), ({"alpha": 0.0}, "alpha"), ({"every_s": -1.0}, "every_s")]
)
def test_senseless_settings_are_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SeriesOutlier(**wrong).fit(noise(20)[:, None])  # type: ignore[arg-type]  # wrong on purpose


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        SeriesOutlier().fit(np.array([[1.0], [np.nan]]))


def test_it_passes_the_checks_of_scikit_learn() -> None:
    """But two that want outliers found in clusters without order: at a stated rate of false alarms there are none."""
    reason = "wants some rows of any data to be outliers"
    unfit = dict.fromkeys(("check_outliers_fit_predict", "check_outliers_train"), reason)
    results = check_estimator(SeriesOutlier(), expected_failed_checks=unfit, on_skip=None, on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
