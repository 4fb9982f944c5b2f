"""What people changed of contacts, roster and channels. In: commands. Out: plans over the files with every change, and the rows that keep them."""
