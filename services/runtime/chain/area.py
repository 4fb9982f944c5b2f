"""Administrative areas by GB/T 2260 code: a county, or a city or province with zeros behind."""


def covers(area: str, code: str) -> bool:
    """True when an area (a county, or a city or province with zeros behind) holds a county.

    >>> covers("150600", "150627"), covers("150000", "150627"), covers("130000", "150627")
    (True, True, False)
    """
    return code.startswith(area.rstrip("0") if area.endswith("00") else area) if area.strip("0") else area == code
