"""Administration: users with their roles and sessions, keys, contacts, mutes. Each page asks for the right to administer."""

from services.console.routes.admin import contacts, keys, mutes, users

ROUTERS = (users.router, keys.router, contacts.router, mutes.router)
"""All pages of administration."""
