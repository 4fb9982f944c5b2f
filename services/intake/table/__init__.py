"""Tables as people send them: CSV and Excel, wide and long, with Chinese headings, merged cells, units and dates in many forms.

In come the bytes of a file, a mapping and the names of the catalogue; out come candidates and findings by line and column.
Always holds: no file is opened here, and no cell vanishes: it becomes a candidate or a finding, or it is blank.
"""
