"""Commands that ask risk: what-if, key links, risk points; live by command and answer, or at rest in this process."""
