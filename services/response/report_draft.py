"""Drafts of 首报, 续报 and 终报: time, place, source, nature, impact, trend, measures; what is not known is marked, never invented. Pure."""

from schemas.level import LEVEL_ZH, Level
from schemas.run import RunState
from services.response.course import Course
from services.response.playbook import ReportKind, Step, StepKind
from services.response.progress import SKIPPED
from services.response.terms import HAZARD_ZH, OUTCOME_ZH, REPORT_ZH
from services.response.wording import stamp, time_left
from services.runtime.chain.vocabulary import PRODUCT_ZH

_MISSING = "（待核实补报）"
_LAST = 8


def draft(course: Course, step: Step) -> str:
    """The whole draft in Chinese, a line a field, in the order the rules name them."""
    alert, node = course.alert, course.nodes.get(course.run.node)
    place = f"{node.name_zh}（区划 {node.admin_code or '不详'}）" if node is not None else course.run.node
    state = course.state(step.id)
    number = f"第 {state.turn + 1} 次" if state is not None and step.report is ReportKind.FOLLOW_UP else ""
    lines = (
        f"【{REPORT_ZH[step.report]}{number}·草稿】{course.playbook.name_zh}",
        f"时间：{stamp(alert.opened_at)} 发现，本报告截至 {stamp(course.at)}（北京时间）",
        f"地点：{place}",
        f"信息来源：{_source(course)}",
        f"性质：{PRODUCT_ZH.get(alert.product, alert.product)}{HAZARD_ZH[alert.hazard.value]}风险，系统研判{LEVEL_ZH[alert.level]}",
        f"影响：{_impact(course)}",
        f"趋势：{time_left(alert)[0]}",
        f"已采取措施：{_measures(course)}",
        f"正式预警：{_warning(course)}",
        f"响应级别：{f'{course.progress.response}级' if course.progress.response else '未启动'}",
        f"伤亡与直接损失：{_MISSING}",
        f"需协调事项：{_MISSING}",
        f"报告人与联系方式：{course.office(step.roles[0]) if step.roles else _MISSING}",
    )
    return "\n".join(lines)


def _source(course: Course) -> str:
    if course.progress.headline_zh:
        return course.progress.headline_zh
    return f"监测预警系统（{course.alert.reason_zh or _MISSING}）"


def _impact(course: Course) -> str:
    alert = course.alert
    path = " → ".join(course.nodes[n].name_zh if n in course.nodes else n for n in alert.path)
    cover = f"当前可用 {alert.cover_days:.1f} 天" if alert.cover_days is not None else ""
    return "；".join(part for part in (f"传导 {path}" if len(alert.path) > 1 else "", cover) if part) or _MISSING


def _measures(course: Course) -> str:
    """The steps that people or the plan took, the latest last."""
    told = []
    for name, state in course.progress.steps.items():
        step = course.step(name)
        if (
            step is None
            or state.outcome == SKIPPED
            or step.kind in (StepKind.REPORT, StepKind.BRANCH, StepKind.PARALLEL, StepKind.WAIT)
        ):
            continue
        word = OUTCOME_ZH.get(state.outcome, state.outcome) if state.outcome else "办理中"
        told.append(f"{step.text_zh}（{word}）")
    return "；".join(told[-_LAST:]) or _MISSING


def _warning(course: Course) -> str:
    warning = course.progress.warning
    if warning is None:
        return "未发布" if course.run.state is RunState.RUNNING and course.progress.phase != "lifted" else "已解除"
    return f"{LEVEL_ZH[Level(warning.level)]}，{warning.document}，{warning.signer} 签发，范围 {warning.scope}"
