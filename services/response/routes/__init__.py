"""The small door of response: links to acknowledge by, receipts of gateways. What comes in goes out as a command and nowhere else."""
