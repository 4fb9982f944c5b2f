"""The web console. In: tables, through a read-only role, and people. Out: commands on ``lianjing.command``; of its own only accounts, sessions,
tokens and the audit log. What always holds: a page decides nothing, shows unknown as 情况不明, and every change is authorised and audited first."""
