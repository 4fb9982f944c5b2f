"""What officers enter from the telephone 接报: commands become revisable observations.

Comes in: ``report.event`` and ``report.stock``. Goes out: rows on feed topics, or rejections that say what was given and what would be right.
Always holds: pure but for the book; the same command at the same place in its topic gives the same row with the same identity.
"""
