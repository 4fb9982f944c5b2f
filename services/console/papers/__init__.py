"""Papers of the duty room and the chief's office: what the tables hold of a period goes in, a document to be set as PDF or Word file comes out."""
