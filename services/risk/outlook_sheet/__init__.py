"""What lies ahead of a whole chain, as tables: 供需平衡表 by product and week, 堵点 where links and places are full and goods pile up behind,
and what each link carries day by day.

Comes in: a foresight. Goes out: rows. Always holds: each balance closes to the tonne, supply + regrading − use = change of stock and of what is
on its way.
"""

from services.risk.outlook_sheet.balance import BalanceRow, balance_sheet
from services.risk.outlook_sheet.blockage import Blockage, blockages
from services.risk.outlook_sheet.carried import Carried, carried

__all__ = ["BalanceRow", "Blockage", "Carried", "balance_sheet", "blockages", "carried"]
