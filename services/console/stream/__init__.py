"""What open pages are told while they are open: that something changed, and that the server and its database are still there.

One connection per process listens; every open page has a post box of bounded size. An event says which noun changed and nothing of what it
says, so that it can be lost and told again without harm: the page asks anew, with its own rights.
"""
