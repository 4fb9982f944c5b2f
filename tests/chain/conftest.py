"""A small chain in files, right as it stands, for tests to spoil."""

from dataclasses import dataclass
from pathlib import Path

import pytest

FILES = {
    "chain.csv": """\
id,name_zh,name_en,valid_from
small,小链,Small chain,2026-01-01T00:00:00+08:00
""",
    "nodes.csv": """\
id,name_zh,name_en,kind,product,capacity,unit,lat,lon,admin_code,priority,value_cny_per_unit,illustrative,note
M_A,甲矿,Mine A,mine,steam_coal,800,t/d,39.5,110.0,150627,2,400,yes,
M_B,乙矿,Mine B,mine,steam_coal,500,t/d,39.6,110.1,150627,2,400,yes,
X_G,外网,Outer grid,external_supply,electricity,900,MWh/d,40.0,111.0,,2,400,yes,
R_1,专用线,Siding,rail_line,steam_coal,900,t/d,39.7,110.2,150627,2,500,yes,
C_M,甲醇厂,Methanol plant,methanol_plant,methanol,220,t/d,39.8,110.3,150627,4,2100,yes,
D_M,甲醇用户,Methanol users,demand,methanol,200,t/d,36.0,118.0,370000,5,2300,yes,
D_C,供热,Heating,demand,steam_coal,300,t/d,38.0,116.0,130000,1,700,yes,
""",
    "links.csv": """\
from,to,product,mode,capacity,unit,lead_time_h,share_normal,cost_cny_per_unit,contact,valid_until,illustrative,note
M_A,R_1,steam_coal,rail_load,600,t/d,6,0.6,,,,yes,
M_B,R_1,steam_coal,rail_load,400,t/d,6,0.4,,,,yes,
R_1,C_M,steam_coal,rail,500,t/d,8,1,,,,yes,
R_1,D_C,steam_coal,rail,400,t/d,12,1,,,,yes,
X_G,C_M,electricity,grid,60,MWh/d,0,1,,,,yes,
C_M,D_M,methanol,road,250,t/d,30,1,,,,yes,
M_A,D_C,steam_coal,road,100,t/d,20,0,80,值班席 desk,2028-12-31,yes,备用 dormant
""",
    "recipes.csv": """\
node,input,per_unit_output,unit,essential,note
C_M,steam_coal,2,t/t,yes,
C_M,electricity,0.2,MWh/t,yes,
""",
    "stocks.csv": """\
node,product,role,days_normal,days_min,days_max,illustrative,note
M_A,steam_coal,output,3,1,7,yes,
C_M,steam_coal,input,8,4,15,yes,
C_M,methanol,output,3,0.5,7,yes,
D_C,steam_coal,input,15,7,30,yes,
""",
    "quality.csv": """\
node,product,role,heat_low,heat_high,ash_low,ash_high,sulphur_low,sulphur_high,note
M_A,steam_coal,source,5200,5200,12,12,0.5,0.5,
M_B,steam_coal,source,5000,5000,15,15,0.6,0.6,
C_M,steam_coal,consumer,4700,6200,5,18,0,1,
D_C,steam_coal,consumer,4700,6200,5,20,0,0.8,
""",
    "responsibility.csv": """\
node,chain_chief,chain_leader,lead_department,work_team
M_A,链长,链主,牵头部门,专班
M_B,链长,链主,牵头部门,专班
X_G,链长,链主,牵头部门,专班
R_1,链长,链主,牵头部门,专班
C_M,链长,链主,牵头部门,专班
D_M,链长,链主,牵头部门,专班
D_C,链长,链主,牵头部门,专班
""",
    "offers.csv": """\
id,enterprise,product,spare,unit,price_cny_per_unit,lead_time_h,targets,via,heat,ash,sulphur,start_cost_cny,least_amount,contact,valid_until,illustrative,note
F_1,甲贸易公司,steam_coal,0.3,kt/d,610,20,C_M D_C,R_1,5300,12,0.5,5000,35,值班席 desk,2028-12-31,yes,
F_2,乙甲醇公司,methanol,50,t/d,2400,30,D_M,,,,,,,值班席 desk,2028-06-30,yes,
""",
    "series.csv": """\
id,feed,group,name_zh,name_en,indicator,unit,cadence_h,lateness_h,silence_h,plausible_low,plausible_high,provider,node,product,link_target,essential
stock.M_A.steam_coal,production,M_A,库存,stock,stock,t,24,72,50,0,9000,mines,M_A,steam_coal,,yes
stock.C_M.steam_coal,production,C_M,库存,stock,stock,t,24,72,50,0,9000,plants,C_M,steam_coal,,yes
stock.C_M.methanol,production,C_M,库存,stock,stock,t,1,24,4,0,2200,plants,C_M,methanol,,yes
stock.D_C.steam_coal,production,D_C,库存,stock,stock,t,24,72,50,0,13000,users,D_C,steam_coal,,yes
flow.R_1.D_C.steam_coal,logistics,R_1,流量,flow,flow,t/d,24,72,50,0,520,rail,R_1,steam_coal,D_C,no
price.BSPI,price,market.BSPI,指数,index,price,CNY/t,168,240,240,300,1800,desk,,,,no
hazard.snow.150627,hazard,area.150627,暴雪,snow,hazard_level,level,24,72,50,0,4,weather,,,,no
""",
}


@dataclass(frozen=True)
class SmallChain:
    """The folder of the small chain and ways to spoil it."""

    folder: Path

    def path(self, file: str) -> Path:
        """One of its files."""
        return self.folder / file

    def swap(self, file: str, old: str, new: str) -> None:
        """Replace the only occurrence of ``old``."""
        text = self.path(file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        self.path(file).write_text(text.replace(old, new), encoding="utf-8")

    def append(self, file: str, line: str) -> None:
        """Add a line."""
        with self.path(file).open("a", encoding="utf-8") as opened:
            opened.write(line + "\n")


@pytest.fixture
def small(tmp_path: Path) -> SmallChain:
    """A fresh copy in a folder of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return SmallChain(folder)
