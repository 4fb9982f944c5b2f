"""Guarding against zip bombs and active content before a workbook is opened."""

import zipfile
from io import BytesIO

from schemas.rejection import Reason
from services.intake.table.grid import FileFault

MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 200
MAX_MEMBERS = 1000
_SMALL = 1024 * 1024
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def checked_archive(body: bytes) -> None:
    """Look into a workbook without unpacking it as a whole. Raises FileFault: damaged, too large unpacked, macros, XML entities."""
    if body.startswith(_OLE):
        wanted = "另存为 .xlsx（无密码）或 CSV / save as .xlsx (without password) or CSV"
        raise FileFault(Reason.MALFORMED, ".xls 或加密文件 .xls or encrypted", wanted)
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            members = archive.infolist()
            _check_sizes(members, len(body))
            _check_content(archive, members)
    except FileFault:
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        reason = Reason.TRUNCATED if b"PK\x05\x06" not in body[-65_600:] else Reason.MALFORMED
        raise FileFault(reason, str(error), "完整的 .xlsx 文件 / a whole .xlsx file") from error
    except Exception as error:  # zlib.error and RuntimeError of encrypted members have no common root below Exception
        raise FileFault(
            Reason.MALFORMED, str(error), "完整、无密码的 .xlsx / a whole .xlsx without password"
        ) from error


def _check_sizes(members: list[zipfile.ZipInfo], packed: int) -> None:
    unpacked = sum(m.file_size for m in members)
    if len(members) > MAX_MEMBERS:
        raise FileFault(
            Reason.UNSAFE, f"{len(members)} 个成员 members", f"至多 {MAX_MEMBERS} 个 / at most {MAX_MEMBERS} members"
        )
    if unpacked > MAX_UNPACKED:
        wanted = f"解压后至多 {MAX_UNPACKED >> 20} MiB / at most {MAX_UNPACKED >> 20} MiB unpacked"
        raise FileFault(Reason.UNSAFE, f"{unpacked >> 20} MiB", wanted)
    if unpacked > _SMALL and unpacked > MAX_RATIO * max(1, packed):
        wanted = f"压缩比至多 {MAX_RATIO} / compressed at most {MAX_RATIO} times"
        raise FileFault(Reason.UNSAFE, f"{unpacked // max(1, packed)}×", wanted)


def _check_content(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    names = {m.filename for m in members}
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        raise FileFault(
            Reason.UNSAFE, "宏 macros (vbaProject.bin)", "另存为不带宏的 .xlsx / save as .xlsx without macros"
        )
    if "xl/workbook.xml" not in names:
        raise FileFault(Reason.MALFORMED, "缺少 xl/workbook.xml missing", "Excel .xlsx 文件 / an Excel .xlsx file")
    for member in members:
        if member.filename.endswith((".xml", ".rels")):
            _check_xml(archive, member)


def _check_xml(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    tail = b""
    with archive.open(member) as stream:
        while block := stream.read(_SMALL):
            seen = (tail + block).replace(b"\x00", b"")
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                raise FileFault(
                    Reason.UNSAFE, f"{member.filename}: <!DOCTYPE", "无 DTD 和实体 / no DTD and no entities"
                )
            tail = block[-32:]
