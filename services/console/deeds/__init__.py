"""What people order on pages: a form goes in, an order for ``orders.send`` comes out, or a refusal that says what would be right. Pure.

What is checked here spares people a wait; what counts is decided by the stage that obeys.
"""
