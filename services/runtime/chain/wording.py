"""The words of every finding in a chain's files, Chinese and English. The code is stable; the braces are filled with the facts of the case."""

from msgspec import Struct


class Words(Struct, frozen=True):
    """What would be right and how to mend it."""

    wanted_zh: str
    wanted_en: str
    fix_zh: str
    fix_en: str
    severity: str = "error"

    def texts(self) -> dict[str, str]:
        """The four texts by the field names of a Problem."""
        return {
            "wanted_zh": self.wanted_zh,
            "wanted_en": self.wanted_en,
            "fix_zh": self.fix_zh,
            "fix_en": self.fix_en,
        }


FORM: dict[str, Words] = {
    "folder_missing": Words("一个链配置文件夹", "a folder of chain files", "核对路径", "check the path"),
    "file_missing": Words(
        "文件存在", "the file exists", "建立此文件，表头 {columns}", "create the file with the header {columns}"
    ),
    "file_unreadable": Words("文件可读", "a readable file", "检查文件权限", "check the permissions of the file"),
    "bad_encoding": Words("UTF-8 编码", "text in UTF-8", "在表格软件中另存为“CSV UTF-8”", "save it as “CSV UTF-8”"),
    "bad_csv": Words("完整的 CSV", "well-formed CSV", "检查引号是否成对", "check that quotes come in pairs"),
    "table_empty": Words(
        "一行表头和若干数据行", "a header line and rows", "补上表头 {columns}", "begin with the header {columns}"
    ),
    "table_bare": Words("至少一行数据", "at least one row", "填写数据行", "fill in a row"),
    "column_missing": Words(
        "表头含列 {wanted}", "a header with the column {wanted}", "加上列 {wanted}", "add the column {wanted}"
    ),
    "column_twice": Words("列名不重复", "each column once", "删去重复的列", "remove the second one"),
    "column_unknown": Words(
        "已知的列名：{known}", "a known column: {known}", "改名或删去此列", "rename or remove the column"
    ),
    "cell_count": Words("{wanted} 个单元格", "{wanted} cells", "检查逗号与引号", "check commas and quotes"),
    "blank": Words("不为空", "a value", "填写此格", "fill in the cell"),
    "not_a_number": Words(
        "有限数值", "a finite number", "只写数字，单位写在单位列", "write digits only, the unit in its column"
    ),
    "out_of_range": Words("{low} 至 {high}", "from {low} to {high}", "改正数值", "correct the number"),
    "not_a_flag": Words("yes 或 no", "yes or no", "写 yes 或 no", "write yes or no"),
    "not_a_date": Words("日期 YYYY-MM-DD", "a date YYYY-MM-DD", "例如 2027-12-31", "for example 2027-12-31"),
    "not_a_moment": Words(
        "带时区的时间",
        "a time with its UTC offset",
        "例如 2026-01-01T00:00:00+08:00",
        "for example 2026-01-01T00:00:00+08:00",
    ),
    "not_a_choice": Words("{allowed} 之一", "one of {allowed}", "改为 {near}", "change it to {near}"),
    "bad_id": Words(
        "字母开头的 ASCII 字母、数字、下划线、连字符，至多 {limit} 个",
        "ASCII letters, digits, _ or -, from a letter on, at most {limit}",
        "改用短的 ASCII 编号",
        "choose a short ASCII id",
    ),
    "bad_admin_code": Words(
        "6 位行政区划代码", "six digits (GB/T 2260)", "查 GB/T 2260 后填写", "look it up in GB/T 2260"
    ),
    "bad_unit": Words("可识别的单位，如 {known}", "a known unit, such as {known}", "改写单位", "write a known unit"),
    "not_a_rate": Words("每日的量，如 t/d", "an amount per time, such as t/d", "在单位后加 /d", "add /d to the unit"),
    "one_row": Words("恰好一行", "exactly one row", "每个文件夹一条链", "one chain per folder"),
}

REFERENCES: dict[str, Words] = {
    "node_twice": Words(
        "每个节点一行",
        "each node once",
        "删去或改名（先见于第 {first} 行）",
        "remove or rename it (first on line {first})",
    ),
    "row_twice": Words(
        "每个组合一行",
        "each combination once",
        "合并两行（先见于第 {first} 行）",
        "merge the rows (first on line {first})",
    ),
    "unknown_node": Words(
        "nodes.csv 中的节点{near}",
        "a node of nodes.csv{near}",
        "改正编号或在 nodes.csv 增加节点",
        "correct the id or add the node to nodes.csv",
    ),
    "unknown_product": Words(
        "某节点的产品：{known}", "a product of some node: {known}", "改正产品名", "correct the product"
    ),
    "self_link": Words("两个不同节点", "two different nodes", "改正 from 或 to", "correct from or to"),
    "cannot_send": Words(
        "{node} 能供出的产品：{known}",
        "a product {node} can send: {known}",
        "改正产品，或补上运入的链路",
        "correct the product or add the link that brings it",
    ),
    "cannot_take": Words(
        "{node} 需要的产品：{known}",
        "a product {node} needs: {known}",
        "改正产品，或在 recipes.csv 写明用途",
        "correct the product or give its recipe in recipes.csv",
    ),
    "demand_sends": Words("用户节点只收不发", "demand nodes send nothing", "换一个起点", "choose another source"),
    "demand_recipe": Words("用户节点没有配方", "demand nodes have no recipe", "删去此行", "remove the row"),
    "input_never_arrives": Words(
        "有链路把 {input} 送到 {node}",
        "a link that brings {input} to {node}",
        "在 links.csv 增加供应链路",
        "add a supply link to links.csv",
    ),
    "recipe_missing": Words(
        "加工类节点至少一条配方",
        "a recipe for a node that makes something",
        "在 recipes.csv 增加 {node} 的投入",
        "add the inputs of {node} to recipes.csv",
    ),
    "own_product_input": Words("投入不同于产品", "an input other than the product", "改正 input", "correct the input"),
    "unreachable": Words(
        "从某个来源可达", "reachable from a source", "补上来料链路或删去节点", "add a link to it or remove the node"
    ),
    "leads_nowhere": Words(
        "通向某个用户", "on a way to some demand", "补上去向链路或删去节点", "add a link from it or remove the node"
    ),
    "no_demand": Words("至少一个 demand 节点", "at least one node of kind demand", "增加用户节点", "add a demand node"),
    "stock_not_held": Words(
        "{node} 的产品或投入：{known}", "the product or an input of {node}: {known}", "改正产品", "correct the product"
    ),
    "wrong_role": Words("角色 {wanted}", "role {wanted}", "改为 {wanted}", "change it to {wanted}"),
    "no_responsibility": Words(
        "每个节点有责任单位",
        "someone responsible for each node",
        "在 responsibility.csv 增加 {node}",
        "add {node} to responsibility.csv",
        "warning",
    ),
}

AMOUNTS: dict[str, Words] = {
    "unit_mismatch": Words(
        "可换算为 {wanted} 的单位", "a unit that converts to {wanted}", "改用 {wanted}", "use {wanted}"
    ),
    "share_sum": Words(
        "到 {to} 的 {product} 份额合计 1±0.005",
        "shares of {product} to {to} that sum to 1±0.005",
        "调整第 {lines} 行的 share_normal",
        "adjust share_normal on lines {lines}",
    ),
    "flow_over_capacity": Words(
        "能力不低于常态流量 {flow}",
        "a capacity of at least the normal flow {flow}",
        "提高能力或减少份额",
        "raise the capacity or lower the share",
    ),
    "throughput_over_capacity": Words(
        "能力不低于常态通过量 {flow}",
        "a capacity of at least the normal throughput {flow}",
        "提高能力或把份额分给别的节点",
        "raise the capacity or move shares to other nodes",
    ),
    "flows_diverge": Words(
        "配方回路收敛",
        "recipes whose loops converge",
        "检查 {node} 附近的配方单位",
        "check the units of the recipes near {node}",
    ),
    "stock_order": Words(
        "days_min < days_normal < days_max", "days_min < days_normal < days_max", "改正天数", "correct the days"
    ),
    "stock_without_use": Words(
        "有常态用量的库存",
        "a stock that is used in normal times",
        "删去此行，或补上常态链路",
        "remove the row, or add a normal link",
    ),
    "dormant_incomplete": Words(
        "备用链路写明 {wanted}", "a dormant alternate states its {wanted}", "填写 {wanted}", "fill in {wanted}"
    ),
    "dormant_expired": Words(
        "有效期晚于 {valid_from}",
        "valid beyond {valid_from}",
        "续签后更新 valid_until",
        "renew it and update valid_until",
    ),
    "dormant_only": Words(
        "{to} 的 {product} 至少一条常态链路",
        "at least one normal link for {product} to {to}",
        "给一条链路填 share_normal",
        "give one link a share_normal",
    ),
    "quality_order": Words(
        "低限不高于高限", "a low that is not above its high", "交换或改正两数", "swap or correct the two"
    ),
    "quality_missing": Words(
        "来源和用户都有煤质",
        "a quality for the source or the consumer",
        "在 quality.csv 增加 {node} {product}",
        "add {node} {product} to quality.csv",
    ),
    "blend_outside": Words(
        "{consumer} 接受的{property_zh} {low}–{high}",
        "{property_en} from {low} to {high} for {consumer}",
        "调整来源份额，或放宽接受范围",
        "change the shares of its sources, or widen what it accepts",
    ),
    "blend_needed": Words(
        "{consumer} 接受的{property_zh} {low}–{high}；单独使用 {source} 需掺配",
        "{property_en} from {low} to {high} for {consumer}; coal of {source} must be blended",
        "按份额掺配（常态混合 {blend}）",
        "blend by the normal shares (mixture {blend})",
        "warning",
    ),
    "dormant_quality": Words(
        "{consumer} 接受的{property_zh} {low}–{high}；备用来源 {source} 需掺配",
        "{property_en} from {low} to {high} for {consumer}; the alternate {source} must be blended",
        "启用前核对掺配方案",
        "check the blend before use",
        "warning",
    ),
}

CATALOGUE: dict[str, Words] = {
    "unit_not_kept": Words(
        "系统内部单位 {wanted}",
        "the unit the system keeps: {wanted}",
        "目录中写 {wanted}；报送单位仍可用别的单位报送",
        "write {wanted} here; providers may still send other units",
    ),
    "series_twice": Words(
        "每个序列一行且只属于一个数据流",
        "each series once and in one feed",
        "删去一行（先见于第 {first} 行）",
        "remove one row (first on line {first})",
    ),
    "bad_series_id": Words(
        "{wanted}", "{wanted}", "按 指标.节点[.产品][.去向] 改写", "write indicator.node[.product][.target]"
    ),
    "series_link": Words(
        "links.csv 中的链路 {wanted}",
        "a link of links.csv: {wanted}",
        "改正 node、product 或 link_target",
        "correct node, product or link_target",
    ),
    "bad_group": Words(
        "ASCII 分组名，默认为节点编号", "an ASCII group, by default the node", "填写 {wanted}", "write {wanted}"
    ),
    "plausible_order": Words(
        "plausible_low < plausible_high", "plausible_low < plausible_high", "改正合理范围", "correct the range"
    ),
    "implausible_normal": Words(
        "包含常态值 {normal} 的范围",
        "a range that holds the normal value {normal}",
        "放宽范围或改正单位",
        "widen the range or correct the unit",
    ),
    "silence_short": Words(
        "silence_h 不短于 cadence_h", "a silence_h of at least cadence_h", "加大 silence_h", "raise silence_h"
    ),
    "stock_unwatched": Words(
        "每个库存有序列 {wanted}",
        "a series for each stock: {wanted}",
        "在 series.csv 增加 {wanted}",
        "add {wanted} to series.csv",
        "warning",
    ),
}

OFFERS: dict[str, Words] = {
    "offer_via": Words(
        "转运节点（站、线、通道、港）",
        "a transit node (station, line, road, port)",
        "改为转运节点或留空",
        "name a transit node or leave it empty",
    ),
    "offer_grade": Words(
        "{product} 写明热值、灰分、硫分",
        "heat value, ash and sulphur of {product}",
        "填写 heat、ash、sulphur",
        "fill in heat, ash and sulphur",
    ),
    "offer_expired": Words(
        "有效期晚于 {valid_from}；过期条目不会被使用",
        "valid beyond {valid_from}; an expired entry is never used",
        "核实后更新 valid_until，或删去此行",
        "confirm it and update valid_until, or remove the row",
        "warning",
    ),
    "offer_quality": Words(
        "{consumer} 接受的{property_zh} {low}–{high}；须掺配使用",
        "{property_en} from {low} to {high} for {consumer}; it must be blended",
        "使用前核对掺配方案",
        "check the blend before use",
        "warning",
    ),
}

WORDING: dict[str, Words] = FORM | REFERENCES | AMOUNTS | CATALOGUE | OFFERS
