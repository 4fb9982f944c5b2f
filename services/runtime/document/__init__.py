"""Papers for people: what a document says goes in, a PDF or an editable Word file comes out.

Always holds: both say the same words in the same order, a rehearsal's paper is marked on every page, and the same document gives the same PDF.
"""

from services.runtime.document.content import Block, Bullets, Document, Facts, Heading, Paragraph, Picture, Table, Tone
from services.runtime.document.pdf import as_pages, as_pdf
from services.runtime.document.word import as_word

__all__ = [
    "Block",
    "Bullets",
    "Document",
    "Facts",
    "Heading",
    "Paragraph",
    "Picture",
    "Table",
    "Tone",
    "as_pages",
    "as_pdf",
    "as_word",
]
