"""``lianjing backtest run``: scenarios played through the whole path in memory, and scored against what truly broke.

Comes in: scenarios and seeds, a rule file. Goes out: skill as table, JSON and a page. Always: records go the way they go live (intake's gate and
publisher, risk's stage, alerting's ledger), the truth is opened by the scorer alone, and thresholds are fitted on training scenarios alone.
"""
