"""What survives a kill -9: everything that moto keeps, in one directory.

Objects and items are on disk before their write is acknowledged; the control planes (queues,
topics, rules, functions, logs, …), which change rarely, within a fraction of a second.
"""
