"""The catalogue: what is shipped, what is refused and with which words."""

import pytest

from services.detection.configured import load_watch
from services.detection.entries import Mode
from services.detection.watch import parse_watch
from services.runtime.errors import ConfigurationError

FILE = "detectors/default.yaml"
LEVEL = "id: x\ndetectors:\n- {detector: robust_level, mode: live, watch: ['*']}\n"
NOTICE = "notice: {watch: []}\n"


def test_only_the_robust_level_counts_as_shipped_and_the_rest_is_tried_out() -> None:
    watch = load_watch(None)
    assert [e.detector for e in watch.detectors if e.mode is Mode.LIVE] == ["robust_level"]
    assert {"ewma", "cusum", "page_hinkley", "seasonal", "cover_trend"} <= {e.detector for e in watch.detectors}
    assert watch.vote is not None
    assert watch.vote.mode is Mode.SHADOW
    assert watch.quality is not None
    assert watch.quality.mode is Mode.LIVE
    assert watch.alarm_level == 1e-4


def test_without_what_is_tried_out_the_rest_stays() -> None:
    live = load_watch(None).live()
    assert [e.detector for e in live.detectors] == ["robust_level"]
    assert live.vote is None
    assert live.quality is not None


@pytest.mark.parametrize(
    ("series", "nature"),
    [
        ("stock.N1.coal", "STOCK"),
        ("flow.A.B.coal", "RATE"),
        ("price.X", "PRICE"),
        ("load.N1", "SHARE"),
        ("ships.P", "QUEUE"),
    ],
)
def test_what_a_series_measures_is_known_by_its_id(series: str, nature: str) -> None:
    quality = load_watch(None).quality
    assert quality is not None
    assert quality.nature(series).name == nature


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (": : :", "not YAML"),
        ("[]", "object"),
        ("id: x", "detectors"),
        ("id: x\nrobust_level: {watch: ['*']}\n" + NOTICE, "belongs into the list detectors"),
        (LEVEL.replace("watch", "alarm: 1, watch") + NOTICE, "alarm"),
        (LEVEL.replace("watch", "alarm_level: 0.2, watch") + NOTICE, "detectors[0].alarm_level 0.2"),
        (LEVEL.replace("watch", "settings: {window: 3}, watch") + NOTICE, "detectors[0]: settings: window 3"),
        (LEVEL.replace("watch", "settings: {windw: 3}, watch") + NOTICE, "settings.windw 不认识"),
        (LEVEL.replace("watch", "settings: {window: many}, watch") + NOTICE, "detectors[0]: settings"),
        (
            LEVEL.replace("robust_level", "robust") + NOTICE,
            "'robust' 不认识，应为其一 is unknown; one of robust_level, ewma",
        ),
        (LEVEL.replace("live", "half") + NOTICE, "$.detectors[0].mode"),
        (LEVEL.replace("live", "shadow") + NOTICE, "no detector with mode: live"),
        (LEVEL.replace("'*'", "") + NOTICE, "detectors[0].watch 为空"),
        (LEVEL + "- {detector: robust_level, mode: shadow, watch: ['*']}\n" + NOTICE, "was given twice"),
        (LEVEL + "notice: {watch: [], least_level: 7}", "least_level 7"),
        (LEVEL + NOTICE + "normal_every_h: -1", "normal_every_h"),
        (LEVEL + NOTICE + "rebuild_messages: 5", "rebuild_messages 5"),
        (LEVEL + NOTICE + "calibration: {prior_rows: 0}", "calibration: prior_rows 0"),
        (LEVEL + NOTICE + "vote: {mode: shadow, hears: [ewma]}", "vote.hears: 'ewma' 不在 detectors 中"),
        (LEVEL + NOTICE + "vote: {mode: shadow, hears: []}", "vote.hears []"),
        (LEVEL + NOTICE + "vote: {mode: shadow, hears: [robust_level], way: loud}", "vote.way 'loud'"),
        (LEVEL + NOTICE + "vote: {mode: shadow, hears: [robust_level], weights: {ewma: 1}}", "vote.weights: 'ewma'"),
        (
            LEVEL + NOTICE + "vote: {mode: shadow, hears: [robust_level], weights: {robust_level: 0}}",
            "weights.robust_level 0",
        ),
        (
            LEVEL + NOTICE + "vote: {mode: live, hears: [robust_level], budget: {rule: none}}",
            "vote.budget: rule 'none'",
        ),
        (LEVEL + NOTICE + "quality: {mode: live, watch: ['*'], natures: {gas: ['*']}}", "quality.natures.gas"),
    ],
)
def test_a_senseless_file_is_refused_with_its_name(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_watch(text, FILE)
    assert str(caught.value).startswith(f"{FILE}: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("change", ["settings: {window: 24}, watch", "except: ['a'], watch", "p: own, watch"])
def test_the_version_changes_with_what_changes_numbers(change: str) -> None:
    one, other = (parse_watch(t + NOTICE, FILE) for t in (LEVEL, LEVEL.replace("watch", change)))
    assert one.version() != other.version()


def test_the_version_stays_when_a_detector_becomes_live() -> None:
    both = LEVEL + "- {detector: ewma, mode: shadow, watch: ['*']}\n" + NOTICE
    assert parse_watch(both, FILE).version() == parse_watch(both.replace("shadow", "live"), FILE).version()
