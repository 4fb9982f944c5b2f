"""Papers of the duty room and the chief's office: what the tables hold of a period goes in, a PDF and an editable Word file come out."""
